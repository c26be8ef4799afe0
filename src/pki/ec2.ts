import { type KeyObject, verify, X509Certificate } from 'node:crypto'
import type { Checked } from './checked.ts'

/** What Amazon signed of an instance. */
export interface Ec2Identity {
  account: string
  region: string
  instanceId: string
  /** When the instance was started, in milliseconds: stopping and starting it makes a new one, a reboot does not. */
  started: number
}

export type Ec2Refusal =
  | 'wrong-signature'
  | 'malformed'
  | 'other-account'
  | 'other-region'
  | 'other-instance'
  | 'too-old'
  | 'not-yet-valid'

export interface Ec2Expected {
  /** What documents are signed by, one certificate a region, in PEM. */
  certificates: string
  accounts: readonly string[]
  regions: readonly string[]
  instanceId: string
  now: number
  maxAgeMs: number
}

/** How much the clock here may be behind Amazon's. */
const toleranceMs = 5 * 60_000

/** Checks an instance identity document with its signature, in base64: RSA, SHA-256, over the document's bytes. */
export function checkEc2(
  { document, signature }: { document: string; signature: string },
  expected: Ec2Expected,
): Checked<Ec2Identity, Ec2Refusal> {
  const keys = readKeys(expected.certificates)
  const bytes = Buffer.from(signature, 'base64')
  if (!keys.some((key) => verify('sha256', Buffer.from(document), key, bytes)))
    return { refused: 'wrong-signature' }
  const value = parseDocument(document)
  if (value === undefined) return { refused: 'malformed' }
  const refused = faultOf(value, expected)
  return refused === undefined ? { value } : { refused }
}

/** The documents' signatures are RSA's; a key of another kind would be verified in another way. */
function readKeys(certificates: string): KeyObject[] {
  const blocks = certificates.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)
  return (blocks ?? [])
    .map((pem) => new X509Certificate(pem).publicKey)
    .filter(({ asymmetricKeyType }) => asymmetricKeyType === 'rsa')
}

function faultOf(
  { account, region, instanceId, started }: Ec2Identity,
  expected: Ec2Expected,
): Ec2Refusal | undefined {
  if (!expected.accounts.includes(account)) return 'other-account'
  if (!expected.regions.includes(region)) return 'other-region'
  if (instanceId !== expected.instanceId) return 'other-instance'
  if (started > expected.now + toleranceMs) return 'not-yet-valid'
  return started + expected.maxAgeMs < expected.now ? 'too-old' : undefined
}

function parseDocument(text: string): Ec2Identity | undefined {
  const { accountId, region, instanceId, pendingTime } = parseObject(text)
  const started = typeof pendingTime === 'string' ? Date.parse(pendingTime) : Number.NaN
  if (typeof accountId !== 'string' || typeof region !== 'string') return undefined
  if (typeof instanceId !== 'string' || !Number.isSafeInteger(started)) return undefined
  return { account: accountId, region, instanceId, started }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>
  } catch {
    return {}
  }
}
