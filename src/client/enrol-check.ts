import { createPublicKey, X509Certificate } from 'node:crypto'
import { DynfarmError } from '../errors.ts'
import type { Role } from '../pki/authority.ts'
import { type Certificate, checkCertificate, readCertificate } from '../pki/check-certificate.ts'
import { authorityOf, type CertificateRole } from '../pki/holder.ts'
import { publicKeyOf } from '../pki/public-key.ts'
import { followRotations } from '../pki/rotation.ts'
import type { AnswerOf, RequestOf } from '../protocol/endpoints.ts'

export type JoinAnswer = AnswerOf<'join'>

/** What an earlier join left, and a later one may not change at will. */
export interface Known {
  centre: string
  /** PEM. */
  releaseKey: string
}

/** What a machine may rely on after a join. */
export interface Enrolment extends Known {
  answer: JoinAnswer
  holder: Certificate
  /** SHA-256 of the server authorities' public keys: what the next request trusts. */
  pins: readonly string[]
  /** The server names another release key than the pinned one leads to: its releases will be refused here. */
  hasForeignReleaseKey: boolean
}

interface Asked {
  kind: RequestOf<'join'>['kind']
  /** The private key that the certificate was asked for. */
  key: string
  known?: Known | undefined
}

/** Whether an answer belongs to what was asked, and fits together; one that does not is not used at all. */
export function checkJoinAnswer(answer: JoinAnswer, asked: Asked): Enrolment {
  const self = selfOf(answer, asked)
  const holder = readOwn(answer, self, asked)
  const { centre } = holder
  if (asked.known !== undefined && asked.known.centre !== centre) {
    throw refused(`it is from the centre "${centre}", and this is one of "${asked.known.centre}"`)
  }
  checkAuthorities(answer, centre)
  checkOwn(answer, holder)
  for (const hub of answer.hubs) checkHub(answer, hub)
  checkRungs(answer)
  const pins = answer.pins.server
  return { answer, holder, centre, pins, ...releaseKeyOf(answer, asked, centre) }
}

interface Self {
  role: CertificateRole
  name: string
  site?: string
}

/** A job is no machine, a machine is a node or a host of the centre, never both, and a hub nothing else. */
function selfOf({ node, host }: JoinAnswer, { kind }: Asked): Self {
  const [self, ...more] = [node, host].filter((one) => one !== undefined)
  if (self === undefined || more.length > 0) throw refused('it does not say what this machine is')
  const isJob = self.role === 'job'
  if (isJob !== (kind === 'job') || (kind === 'hub' && self.role !== 'hub'))
    throw refused(`it is for a ${self.role}`)
  return self
}

function readOwn({ certificate }: JoinAnswer, self: Self, { key }: Asked): Certificate {
  const der = derOf(certificate)
  const holder = readCertificate(der)
  if (holder === undefined) throw refused('the certificate is malformed')
  const { publicKey } = new X509Certificate(der)
  if (!publicKey.export({ type: 'spki', format: 'der' }).equals(publicKeyOf(key))) {
    throw refused('the certificate is for another key')
  }
  const { role, name, site } = holder
  const isFit = role === self.role && name === self.name && site === self.site
  if (!isFit) throw refused(`the certificate is not for the ${self.role} "${self.name}"`)
  return holder
}

/** The authority of one's own kind may be left out, as its certificate is of use to others only. */
function checkOwn({ certificate, authorities, time }: JoinAnswer, holder: Certificate): void {
  const { role, notBefore, expires } = holder
  const own: Partial<Record<Role, string>> = authorities
  const authority = own[authorityOf[role]]
  const now = new Date(time)
  if (now < notBefore || now > expires) throw refused('the certificate is out of date')
  if (authority === undefined) return
  checkIssued(authority, { der: derOf(certificate), role, now, whose: 'the certificate' })
}

interface Issued {
  der: Buffer
  role: CertificateRole
  now: Date
  whose: string
}

function checkIssued(authority: string, { der, role, now, whose }: Issued): Certificate {
  const checked = checkCertificate(der, { authority, roles: [role], now })
  if ('value' in checked) return checked.value
  throw refused(`${whose} is refused (${checked.refused})`)
}

function checkAuthorities({ authorities }: JoinAnswer, centre: string): void {
  for (const [role, pem] of Object.entries(authorities)) {
    const authority = readAuthority(pem)
    const subject = `O=${centre}\nOU=${role}\nCN=${centre} ${role} CA`
    const isRight = authority?.ca === true && authority.subject === subject
    if (!isRight || !authority.verify(authority.publicKey)) {
      throw refused(`the ${role} authority is not one of the centre "${centre}"`)
    }
  }
}

function readAuthority(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(derOf(pem))
  } catch {
    return undefined
  }
}

type Hub = JoinAnswer['hubs'][number]

/** One that ended is the trouble of its own rungs, which OpenVPN refuses then, and not of this machine. */
function checkHub({ authorities, time }: JoinAnswer, { name, certificate }: Hub): void {
  const whose = `the certificate of hub "${name}"`
  if (authorities.hub === undefined) throw refused('it has hubs, and no authority for them')
  const der = derOf(certificate)
  const end = readCertificate(der)?.expires.getTime() ?? time
  const checks = { der, role: 'hub', now: new Date(Math.min(time, end)), whose } as const
  const holder = checkIssued(authorities.hub, checks)
  if (holder.name !== name) throw refused(`${whose} is for "${holder.name}"`)
}

/** A hub is found by its name, so there is one of each. */
function checkRungs({ rungs, hubs }: JoinAnswer): void {
  const names = new Set(hubs.map(({ name }) => name))
  if (names.size < hubs.length) throw refused('it has a hub twice')
  const lost = rungs.flat().find(({ hub }) => !names.has(hub))
  if (lost !== undefined) throw refused(`rung "${lost.name}" leads to a hub that it does not have`)
}

/** Taken at the first join; from then on only the key itself can name another one. */
function releaseKeyOf(
  { pins }: JoinAnswer,
  { known }: Asked,
  centre: string,
): Pick<Enrolment, 'releaseKey' | 'hasForeignReleaseKey'> {
  const offered = readReleaseKey(pins.release)
  if (offered === undefined) throw refused('its release key cannot be read')
  const releaseKey =
    known === undefined
      ? offered
      : followRotations(known.releaseKey, { centre, statements: pins.rotations })
  return { releaseKey, hasForeignReleaseKey: releaseKey !== offered }
}

/** In its one spelling. */
function readReleaseKey(pem: string): string | undefined {
  try {
    const key = createPublicKey(pem)
    if (key.asymmetricKeyType !== 'ed25519') return undefined
    return key.export({ type: 'spki', format: 'pem' }).toString()
  } catch {
    return undefined
  }
}

/** Base64 with padding inside it would be read to there only; what is not read whole is nothing. */
function derOf(pem: string): Buffer {
  const base64 = pem.replace(/-----(BEGIN|END) CERTIFICATE-----|\n/g, '')
  const der = Buffer.from(base64, 'base64')
  return der.toString('base64') === base64 ? der : Buffer.alloc(0)
}

function refused(why: string): DynfarmError {
  return new DynfarmError('answer-refused', `the server's answer is not used: ${why}`)
}
