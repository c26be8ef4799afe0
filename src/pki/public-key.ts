import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'

/** SPKI of P-256 with an uncompressed point, up to the point's coordinates: one spelling for every key. */
const prefix = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex')
const coordinates = 64

/** Reads a P-256 key that is a point on the curve. */
export function readPublicKey(spki: Buffer): KeyObject | undefined {
  if (spki.length !== prefix.length + coordinates) return undefined
  if (!spki.subarray(0, prefix.length).equals(prefix)) return undefined
  try {
    return createPublicKey({ key: spki, format: 'der', type: 'spki' })
  } catch {
    return undefined
  }
}

/** The public half (SPKI, DER) of a private key in PEM. */
export function publicKeyOf(privateKey: string): Buffer {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'der' })
}

/** What a token and a node pin an authority by: SHA-256 of its public key. Takes a certificate, PEM or DER. */
export function publicKeyHash(certificate: string | Uint8Array): Buffer {
  const { publicKey } = new X509Certificate(certificate)
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
}
