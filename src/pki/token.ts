import { createHash, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { DynfarmError } from '../errors.ts'
import { base62Length, parseBase62, renderBase62 } from './base62.ts'

/** What lets a machine join. The text has the fields one after the other, each of a fixed length. */
export interface Token {
  /** Public: what it is listed, revoked and looked up by. */
  id: string
  secret: Buffer
  /** The hash of the server authority's public key, by which the machine knows the server. */
  pin: Buffer
}

const prefix = 'dft'
const size = { id: 8, secret: 32, pin: 32, checksum: 4 } as const
const length = Object.values(size).reduce((sum, bytes) => sum + base62Length(bytes), prefix.length)

export function createToken(pin: Uint8Array): Token {
  return {
    id: renderBase62(crypto.getRandomValues(Buffer.alloc(size.id))),
    secret: crypto.getRandomValues(Buffer.alloc(size.secret)),
    pin: Buffer.from(pin),
  }
}

export function renderToken({ id, secret, pin }: Token): string {
  const body = `${prefix}${id}${renderBase62(secret)}${renderBase62(pin)}`
  return body + checksumOf(body)
}

/** The message never has the token itself: most of it may be right. */
export function parseToken(text: string): Token {
  if (!text.startsWith(prefix)) throw mistyped(`a token begins with "${prefix}"`)
  if (text.length !== length) {
    throw mistyped(`the token has ${text.length} characters, and should have ${length}`)
  }
  const end = length - base62Length(size.checksum)
  const fields = splitFields(text.slice(prefix.length, end))
  if (fields === undefined || checksumOf(text.slice(0, end)) !== text.slice(end)) {
    throw mistyped('the token is mistyped: its checksum does not fit')
  }
  return fields
}

function splitFields(body: string): Token | undefined {
  const afterId = base62Length(size.id)
  const afterSecret = afterId + base62Length(size.secret)
  const id = body.slice(0, afterId)
  const secret = parseBase62(body.slice(afterId, afterSecret), size.secret)
  const pin = parseBase62(body.slice(afterSecret), size.pin)
  if (parseBase62(id, size.id) === undefined) return undefined
  return secret && pin && { id, secret, pin }
}

/** A CRC finds every change of up to four neighbouring characters, where a hash would find nearly every. */
function checksumOf(body: string): string {
  const checksum = Buffer.alloc(size.checksum)
  checksum.writeUInt32BE(crc32(body))
  return renderBase62(checksum)
}

function mistyped(message: string): DynfarmError {
  return new DynfarmError('token-mistyped', message)
}

/** What the server keeps of a secret: it is random, so a slow hash would add nothing. */
export function hashSecret(secret: Uint8Array): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** In constant time. */
export function matchesHash(secret: Uint8Array, hash: string): boolean {
  const kept = Buffer.from(hash, 'hex')
  const given = createHash('sha256').update(secret).digest()
  return kept.length === given.length && timingSafeEqual(kept, given)
}
