import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

/** Base64, as WireGuard has them. */
export interface WireguardPair {
  private: string
  public: string
}

export function createWireguardPair(): WireguardPair {
  return pairOf(generateKeyPairSync('x25519').privateKey)
}

/** Of the private half, as a file of `wg genkey` has it; undefined where it is none. */
export function wireguardPairOf(privateHalf: string | undefined): WireguardPair | undefined {
  const text = privateHalf?.trim() ?? ''
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== keyBytes || bytes.toString('base64') !== text) return undefined
  const der = Buffer.concat([prefix, bytes])
  return pairOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
}

const keyBytes = 32
/** PKCS #8 of an X25519 key, up to its bytes. */
const prefix = Buffer.from('302e020100300506032b656e04220420', 'hex')

function pairOf(key: KeyObject): WireguardPair {
  const { d = '' } = key.export({ format: 'jwk' })
  const { x = '' } = createPublicKey(key).export({ format: 'jwk' })
  return { private: toBase64(d), public: toBase64(x) }
}

function toBase64(base64url: string): string {
  return Buffer.from(base64url, 'base64url').toString('base64')
}
