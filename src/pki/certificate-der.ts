import { createHash, type KeyObject, sign } from 'node:crypto'
import { readElements, renderElement } from './der.ts'

/** A certificate (RFC 5280) as authorities here issue them, of version 3 and signed by P-256. */
export interface CertificateParts {
  /** 16 bytes, in hexadecimal. */
  serial: string
  /** DER. */
  issuer: Buffer
  subject: Buffer
  /** SPKI. */
  publicKey: Uint8Array
  notBefore: Date
  notAfter: Date
  extensions: readonly Buffer[]
}

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  bytes: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  printable: 0x13,
  utcTime: 0x17,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
  version: 0xa0,
  extensions: 0xa3,
} as const

const version3 = renderElement(tags.version, renderElement(tags.integer, Buffer.from([2])))
const ecdsaWithSha256 = sequence(renderOid('1.2.840.10045.4.3.2'))

export function renderCertificate(parts: CertificateParts, key: KeyObject): Buffer {
  const signed = sequence(
    version3,
    renderElement(tags.integer, Buffer.from(parts.serial, 'hex')),
    ecdsaWithSha256,
    parts.issuer,
    sequence(renderTime(parts.notBefore), renderTime(parts.notAfter)),
    parts.subject,
    parts.publicKey,
    renderElement(tags.extensions, sequence(...parts.extensions)),
  )
  return sequence(signed, ecdsaWithSha256, renderBits(sign('sha256', signed, key)))
}

/** Attributes by their object identifiers, in this order. */
export function renderName(attributes: readonly (readonly [oid: string, text: string])[]): Buffer {
  const sets = attributes.map(([oid, text]) =>
    renderElement(tags.set, sequence(renderOid(oid), renderText(text))),
  )
  return sequence(...sets)
}

export function renderExtension(
  oid: string,
  value: Buffer,
  { critical = false }: { critical?: boolean } = {},
): Buffer {
  const mark = critical ? [renderElement(tags.boolean, Buffer.from([0xff]))] : []
  return sequence(renderOid(oid), ...mark, renderElement(tags.bytes, value))
}

export function sequence(...contents: readonly Uint8Array[]): Buffer {
  return renderElement(tags.sequence, ...contents)
}

/** Of the two smallest numbers a byte, of each other seven bits a byte. */
export function renderOid(oid: string): Buffer {
  const [first = 0, second = 0, ...rest] = oid.split('.').map(Number)
  return renderElement(tags.oid, Buffer.from([first * 40 + second, ...rest.flatMap(renderArc)]))
}

function renderArc(arc: number): number[] {
  const bytes = [arc % 128]
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    bytes.unshift(128 + (left % 128))
  return bytes
}

function renderText(text: string): Buffer {
  const isPrintable = /^[A-Za-z0-9 '()+,./:=?-]*$/.test(text)
  return renderElement(isPrintable ? tags.printable : tags.utf8, Buffer.from(text))
}

/** To the second; two digits of the year for as long as those last. */
function renderTime(date: Date): Buffer {
  const digits = `${date.toISOString().slice(0, 19).replace(/\D/g, '')}Z`
  return date.getUTCFullYear() < 2050
    ? renderElement(tags.utcTime, Buffer.from(digits.slice(2)))
    : renderElement(tags.time, Buffer.from(digits))
}

/** Whole bytes. */
function renderBits(bytes: Buffer): Buffer {
  return renderElement(tags.bits, Buffer.from([0]), bytes)
}

/** The name by which certificates refer to a key: SHA-1 of its bits, which protects nothing. */
export function keyIdentifier(spki: Uint8Array): Buffer {
  const [outer] = readElements(Buffer.from(spki)) ?? []
  const [, bits] = (outer && readElements(outer.content)) ?? []
  if (bits === undefined) throw new Error('a public key is no SPKI')
  return createHash('sha1').update(bits.content.subarray(1)).digest()
}

/** The subject of a certificate, both in DER. */
export function subjectIn(certificate: Buffer): Buffer {
  const [outer] = readElements(certificate) ?? []
  const [signed] = (outer && readElements(outer.content)) ?? []
  const subject = signed && readElements(signed.content)?.[5]
  if (subject === undefined) throw new Error('a certificate has no subject')
  return subject.whole
}
