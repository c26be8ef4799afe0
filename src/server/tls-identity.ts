import { createKey } from '../pki/csr.ts'
import { issueCertificate } from '../pki/issue.ts'
import { publicKeyOf } from '../pki/public-key.ts'
import type { Keys } from './keys.ts'

/** What the server shows of itself: its certificate with the authority's, and the key. */
export interface TlsIdentity {
  /** PEM, the whole chain. */
  readonly certificate: string
  readonly key: string
}

/** Made anew at each start, for the names that machines dial; only the authority behind it is pinned. */
export async function makeTlsIdentity(
  { authorities }: Keys,
  { urls, now }: { urls: readonly string[]; now: Date },
): Promise<TlsIdentity> {
  const { certificate: authority, issuer } = authorities.server
  const key = await createKey()
  const issued = await issueCertificate(issuer, {
    role: 'server',
    name: 'server',
    publicKey: publicKeyOf(key),
    now,
    lifeMs: lifeDays * 24 * 3600 * 1000,
    urls,
  })
  return { certificate: issued.certificate + authority, key }
}

const lifeDays = 397
