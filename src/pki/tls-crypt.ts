import { createCipheriv, createHmac, randomBytes } from 'node:crypto'
import { DynfarmError } from '../errors.ts'
import { toPem } from './pem.ts'

/**
 * Keys of OpenVPN's tls-crypt-v2 (doc/tls-crypt-v2.txt of OpenVPN): a hub with one answers only who holds a key that
 * was wrapped with its own. Both texts are secrets.
 */
const labels = {
  server: 'OpenVPN tls-crypt-v2 server key',
  client: 'OpenVPN tls-crypt-v2 client key',
} as const

const serverBytes = 128
const clientBytes = 256
const usedBytes = 32
const hmacAt = 64
const tagBytes = 32
const lengthBytes = 2
const timestamp = 1

export function createTlsCryptKey(): string {
  return toPem(labels.server, new Uint8Array(randomBytes(serverBytes)).buffer)
}

/** A new key for one client of the hub with this server key; it bears the time at which it was made. */
export function createTlsCryptClientKey(serverKey: string, now: Date): string {
  const key = randomBytes(clientBytes)
  const metadata = Buffer.alloc(9)
  metadata.writeUInt8(timestamp, 0)
  metadata.writeBigUInt64BE(BigInt(Math.floor(now.getTime() / 1000)), 1)
  const wrapped = wrap(parseServerKey(serverKey), Buffer.concat([key, metadata]))
  return toPem(labels.client, new Uint8Array(Buffer.concat([key, wrapped])).buffer)
}

function wrap(serverKey: Buffer, secret: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt16BE(tagBytes + secret.length + lengthBytes)
  const macKey = serverKey.subarray(hmacAt, hmacAt + usedBytes)
  const tag = createHmac('sha256', macKey).update(length).update(secret).digest()
  const cipher = createCipheriv(
    'aes-256-ctr',
    serverKey.subarray(0, usedBytes),
    tag.subarray(0, 16),
  )
  return Buffer.concat([tag, cipher.update(secret), cipher.final(), length])
}

function parseServerKey(text: string): Buffer {
  const [, base64 = ''] = pem.exec(text) ?? []
  const key = Buffer.from(base64, 'base64')
  if (key.length === serverBytes) return key
  throw new DynfarmError('config-invalid', 'the tls-crypt-v2 key of a hub is damaged', {
    hint: 'restore it from a backup; a new one shuts out every node until it joins again',
  })
}

const pem = new RegExp(
  `^-----BEGIN ${labels.server}-----\\n([A-Za-z0-9+/=\\n]{1,1024})-----END ${labels.server}-----\\n*$`,
)
