import { X509Certificate } from 'node:crypto'
import { backdatedMs } from './backdate.ts'
import type { Checked } from './checked.ts'
import { authorityOf, type CertificateRole, type Holder } from './holder.ts'
import { parseSubject } from './subject.ts'
import { usageOf } from './usage.ts'

export interface Certificate extends Holder {
  notBefore: Date
  expires: Date
}

export type CertificateRefusal =
  | 'malformed'
  | 'other-authority'
  | 'wrong-role'
  /** More likely than a certificate from the future is a clock that is behind. */
  | 'not-yet-valid'
  | 'expired'

interface Expected {
  /** PEM; the only authority that counts. */
  authority: string
  roles: readonly CertificateRole[]
  now: Date
}

/** Whether a certificate, in DER, was issued by the authority to somebody of these roles and is valid now. */
export function checkCertificate(
  der: Uint8Array,
  { authority, roles, now }: Expected,
): Checked<Certificate, CertificateRefusal> {
  const parsed = parseDer(der)
  if (parsed === undefined) return { refused: 'malformed' }
  const issuer = new X509Certificate(authority)
  if (!isIssuedBy(parsed, issuer)) return { refused: 'other-authority' }
  const certificate = readParsed(parsed)
  if (certificate === undefined) return { refused: 'malformed' }
  const { role, notBefore, expires } = certificate
  if (authorityOf[role] !== roleOfAuthority(issuer)) return { refused: 'other-authority' }
  if (!roles.includes(role)) return { refused: 'wrong-role' }
  if (now < notBefore) return { refused: 'not-yet-valid' }
  return now > expires ? { refused: 'expired' } : { value: certificate }
}

/** What a certificate, in DER, says of its holder, whoever issued it. */
export function readCertificate(der: Uint8Array): Certificate | undefined {
  const parsed = parseDer(der)
  return parsed && readParsed(parsed)
}

/** The same, of one in PEM that was checked when it came. */
export function readPem(pem: string): Certificate {
  const certificate = readParsed(new X509Certificate(pem))
  if (certificate === undefined) throw new Error('a certificate that was taken cannot be read')
  return certificate
}

export function isRenewalDue(certificate: Certificate, now: Date): boolean {
  return now >= renewalTime(certificate)
}

/** At two thirds of its life; the day that it was dated back does not count as life. */
export function renewalTime({ notBefore, expires }: Certificate): Date {
  const issued = notBefore.getTime() + backdatedMs
  return new Date(issued + ((expires.getTime() - issued) * 2) / 3)
}

/** Node reads PEM and skips what follows a certificate; here the bytes are one certificate and nothing else. */
function parseDer(der: Uint8Array): X509Certificate | undefined {
  try {
    const certificate = new X509Certificate(der)
    return certificate.raw.equals(der) ? certificate : undefined
  } catch {
    return undefined
  }
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function roleOfAuthority(issuer: X509Certificate): string | undefined {
  return /^OU=(.*)$/m.exec(issuer.subject)?.[1]
}

function readParsed(certificate: X509Certificate): Certificate | undefined {
  const holder = parseSubject(certificate.subject)
  if (holder === undefined || !isFit(certificate, holder)) return undefined
  return { ...holder, notBefore: certificate.validFromDate, expires: certificate.validToDate }
}

function isFit(certificate: X509Certificate, { id, role }: Holder): boolean {
  const { ca, serialNumber, keyUsage, publicKey } = certificate
  return (
    !ca &&
    serialNumber.toLowerCase() === id &&
    keyUsage?.join() === usageOf[role].join() &&
    publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  )
}
