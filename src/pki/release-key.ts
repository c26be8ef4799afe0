import { generateKeyPairSync } from 'node:crypto'

/** Signs release manifests. Nodes pin the public half at their first join; the server needs no more than that. */
export interface ReleaseKey {
  /** PEM (SPKI), public. */
  public: string
  /** PEM (PKCS #8), secret: kept away from the server. */
  private: string
}

export function createReleaseKey(): ReleaseKey {
  const pair = generateKeyPairSync('ed25519', {
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  return { public: pair.publicKey, private: pair.privateKey }
}
