import { generateKeyPairSync, sign, verify } from 'node:crypto'
import type { Checked } from './checked.ts'
import { readElements, renderElement } from './der.ts'
import { publicKeyOf, readPublicKey } from './public-key.ts'

/**
 * A certificate request (PKCS #10) says one thing here: "I hold this key". Names are for the server to give, so a
 * request with a subject or attributes is refused rather than half heard.
 */
export type CsrRefusal =
  | 'malformed'
  | 'has-subject'
  | 'has-attributes'
  | 'wrong-key'
  | 'wrong-signature'

const tags = { sequence: 0x30, integer: 0x02, bits: 0x03, attributes: 0xa0 } as const
const version = renderElement(tags.integer, Buffer.from([0]))
const noSubject = renderElement(tags.sequence)
const noAttributes = renderElement(tags.attributes)
const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex')

/** A new private key of a node, in PEM (PKCS #8). */
export async function createKey(): Promise<string> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** The request for a key's certificate, in DER. */
export function createCsr(privateKey: string): Buffer {
  const spki = publicKeyOf(privateKey)
  const info = renderElement(tags.sequence, version, noSubject, spki, noAttributes)
  const signature = renderElement(tags.bits, Buffer.from([0]), sign('sha256', info, privateKey))
  return renderElement(tags.sequence, info, ecdsaWithSha256, signature)
}

const maxBytes = 2048

/** Gives the public key (SPKI, DER) of a request in DER. */
export function checkCsr(der: Uint8Array): Checked<Buffer, CsrRefusal> {
  const parts = der.length > maxBytes ? undefined : readCsr(Buffer.from(der))
  if (parts === undefined) return { refused: 'malformed' }
  const { info, subject, spki, attributes, algorithm, signature } = parts
  if (!subject.equals(noSubject)) return { refused: 'has-subject' }
  if (!attributes.equals(noAttributes)) return { refused: 'has-attributes' }
  const key = readPublicKey(spki)
  if (key === undefined) return { refused: 'wrong-key' }
  const isSigned = algorithm.equals(ecdsaWithSha256) && verify('sha256', info, key, signature)
  return isSigned ? { value: spki } : { refused: 'wrong-signature' }
}

type CsrParts = Record<
  'info' | 'subject' | 'spki' | 'attributes' | 'algorithm' | 'signature',
  Buffer
>

function readCsr(der: Buffer): CsrParts | undefined {
  const [outer, ...after] = readElements(der) ?? []
  if (outer?.tag !== tags.sequence || after.length > 0) return undefined
  const [info, algorithm, bits, ...more] = readElements(outer.content) ?? []
  if (info?.tag !== tags.sequence || bits?.tag !== tags.bits || more.length > 0) return undefined
  if (algorithm === undefined || bits.content[0] !== 0) return undefined
  const inner = readInfo(info.content)
  const signature = bits.content.subarray(1)
  return inner && { ...inner, info: info.whole, algorithm: algorithm.whole, signature }
}

function readInfo(content: Buffer): Pick<CsrParts, 'subject' | 'spki' | 'attributes'> | undefined {
  const [number, subject, spki, attributes, ...more] = readElements(content) ?? []
  if (!number?.whole.equals(version) || subject === undefined || spki === undefined)
    return undefined
  if (attributes?.tag !== tags.attributes || more.length > 0) return undefined
  return { subject: subject.whole, spki: spki.whole, attributes: attributes.whole }
}
