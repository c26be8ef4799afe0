import { createCipheriv, createHmac, hkdfSync } from 'node:crypto'
import { toPem } from './pem.ts'

/*
 * Keys by which OpenVPN answers nobody but the centre's own: tls-crypt-v2 (doc/tls-crypt-v2.txt of OpenVPN), where each
 * node has one of its own that is wrapped with the tunnel's, and tls-crypt for OpenVPN before 2.5, one for all of these.
 * All are secrets. They follow from the secret of the centre, as those of links do, so that none of them is stored
 * and a node that comes again has the same.
 */
const labels = {
  server: 'OpenVPN tls-crypt-v2 server key',
  client: 'OpenVPN tls-crypt-v2 client key',
  shared: 'OpenVPN Static key V1',
} as const

const serverBytes = 128
const clientBytes = 256
const sharedBytes = 256
const usedBytes = 32
const hmacAt = 64
const tagBytes = 32
const lengthBytes = 2

/** Of the hub's end. */
export function tlsCryptServerKey(secret: Uint8Array, tunnel: string): string {
  return toPem(labels.server, bufferOf(serverKey(secret, tunnel)))
}

/** Of one node's end; a hub that never heard of the node takes it. */
export function tlsCryptClientKey(
  secret: Uint8Array,
  { tunnel, node }: { tunnel: string; node: string },
): string {
  const key = derive(secret, `tls-crypt-v2 client\0${tunnel}\0${node}`, clientBytes)
  return toPem(labels.client, bufferOf(Buffer.concat([key, wrap(serverKey(secret, tunnel), key)])))
}

/** Of both ends, where the node's is too old for one of its own. */
export function tlsCryptSharedKey(secret: Uint8Array, tunnel: string): string {
  const key = derive(secret, `tls-crypt\0${tunnel}`, sharedBytes).toString('hex')
  const lines = key.match(/.{32}/g) ?? []
  return [`-----BEGIN ${labels.shared}-----`, ...lines, `-----END ${labels.shared}-----`, ''].join(
    '\n',
  )
}

function serverKey(secret: Uint8Array, tunnel: string): Buffer {
  return derive(secret, `tls-crypt-v2 server\0${tunnel}`, serverBytes)
}

function derive(secret: Uint8Array, what: string, bytes: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `dynfarm ${what}`, bytes))
}

function wrap(key: Buffer, secret: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes)
  length.writeUInt16BE(tagBytes + secret.length + lengthBytes)
  const macKey = key.subarray(hmacAt, hmacAt + usedBytes)
  const tag = createHmac('sha256', macKey).update(length).update(secret).digest()
  const cipher = createCipheriv('aes-256-ctr', key.subarray(0, usedBytes), tag.subarray(0, 16))
  return Buffer.concat([tag, cipher.update(secret), cipher.final(), length])
}

function bufferOf(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}
