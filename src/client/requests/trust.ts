import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { DynfarmError } from '../../errors.ts'
import { checkCertificate } from '../../pki/check-certificate.ts'
import { publicKeyHash } from '../../pki/public-key.ts'
import { usageOf } from '../../pki/usage.ts'
import { outsideValidity } from './clock.ts'
import type { Target } from './target.ts'

/** `clock`: all is right but the time, so either a clock is wrong or the certificate has had its time. */
export type Verdict =
  | { kind: 'trusted' }
  | { kind: 'refused'; why: string }
  | { kind: 'clock'; from: Date; until: Date }

export interface Trust {
  /** SHA-256 of public keys, in hexadecimal: the authorities that may issue the server's certificate. */
  pins: readonly string[]
  /** What was dialled. */
  target: Target
  now: Date
}

/** Why the server with these certificates is not to be spoken with. */
export function distrust(
  chain: readonly X509Certificate[],
  trust: Trust,
): DynfarmError | undefined {
  const { name } = trust.target
  const verdict = judge(chain, trust)
  if (verdict.kind === 'trusted') return undefined
  if (verdict.kind === 'clock') return outsideValidity(name, { here: trust.now, ...verdict })
  return new DynfarmError('server-not-trusted', `"${name}" cannot be trusted: ${verdict.why}`)
}

/** Node throws at some certificates that nobody in their right mind makes. */
function judge(chain: readonly X509Certificate[], trust: Trust): Verdict {
  try {
    return checkServer(chain, trust)
  } catch {
    return refused('its certificates cannot be read')
  }
}

/**
 * Whether the certificates that a server sent, its own first, make it the one that is meant. The pinned authority has
 * to have signed the server's certificate itself: with nothing between them there is nothing else to get wrong.
 */
export function checkServer(
  chain: readonly X509Certificate[],
  { pins, target, now }: Trust,
): Verdict {
  const [leaf, ...others] = chain
  if (leaf === undefined) return refused('it shows no certificate')
  const authority = others.find((one) => isPinned(one, pins) && isIssuer(one, leaf))
  if (authority === undefined) return refused('its certificate is not from the expected authority')
  if (!hasName(leaf, target.host)) return refused(`its certificate is not for "${target.host}"`)
  if (!isForServer(leaf, authority)) return refused('its certificate is not for a server')
  return checkTime([leaf, authority], now)
}

function refused(why: string): Verdict {
  return { kind: 'refused', why }
}

function isPinned(certificate: X509Certificate, pins: readonly string[]): boolean {
  return pins.includes(publicKeyHash(certificate.raw).toString('hex'))
}

/** checkIssued compares names and key ids, and refuses a key that may not sign certificates. */
function isIssuer(authority: X509Certificate, leaf: X509Certificate): boolean {
  return authority.ca && leaf.checkIssued(authority) && leaf.verify(authority.publicKey)
}

function hasName(leaf: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return leaf.checkIP(host) !== undefined
  return leaf.checkHost(host, { subject: 'never', partialWildcards: false }) !== undefined
}

/** Beside a centre's own authority, that of a public CA may be pinned: its certificates know no roles. */
function isForServer(leaf: X509Certificate, authority: X509Certificate): boolean {
  const isServer = usageOf.server.every((usage) => leaf.keyUsage?.includes(usage))
  if (leaf.ca || !isServer) return false
  if (!ownAuthority.test(authority.subject)) return true
  const now = leaf.validFromDate
  const checks = { authority: authority.toString(), roles: ['server'], now } as const
  return 'value' in checkCertificate(leaf.raw, checks)
}

const ownAuthority = /^O=(.*)\nOU=(server|hub|node|admin)\nCN=\1 \2 CA$/

function checkTime(path: readonly X509Certificate[], now: Date): Verdict {
  const from = new Date(Math.max(...path.map((one) => one.validFromDate.getTime())))
  const until = new Date(Math.min(...path.map((one) => one.validToDate.getTime())))
  return now >= from && now <= until ? { kind: 'trusted' } : { kind: 'clock', from, until }
}
