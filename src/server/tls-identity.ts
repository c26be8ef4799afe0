import { DynfarmError } from '../errors.ts'
import { createKey } from '../pki/csr.ts'
import { issueCertificate } from '../pki/issue.ts'
import { publicKeyHash, publicKeyOf } from '../pki/public-key.ts'
import { checkServerChain } from '../pki/server-chain.ts'
import { centreFile, type Profile } from '../profile/types.ts'
import type { HeldKeys } from './keys.ts'

/** What the server shows of itself: its certificate with the authority's, and the key. */
export interface TlsIdentity {
  /** PEM, the whole chain. */
  readonly certificate: string
  readonly key: string
  /** SHA-256 of the issuing authority's public key, in hexadecimal. */
  readonly pin: string
  /** When it is time for a new one; an administrator's own is theirs to renew. */
  readonly renewal: number
}

/** The one that the configuration names, or one of the centre's own authority. */
export function makeTlsIdentity(
  keys: HeldKeys,
  profile: Profile,
  now: number,
): Promise<TlsIdentity> {
  const { certificate } = profile.centre.server
  return certificate === undefined
    ? issueIdentity(keys, profile, now)
    : givenIdentity(certificate, profile, now)
}

const lifeMs = 397 * 24 * 3600 * 1000

/** Made anew at each start, for the names that machines dial; only the authority behind it is pinned. */
async function issueIdentity(
  { authorities }: HeldKeys,
  { centre }: Profile,
  now: number,
): Promise<TlsIdentity> {
  const { certificate: authority, issuer } = authorities.server
  const key = await createKey()
  const issued = await issueCertificate(issuer, {
    role: 'server',
    name: 'server',
    publicKey: publicKeyOf(key),
    now: new Date(now),
    lifeMs,
    urls: centre.server.urls,
  })
  return {
    certificate: issued.certificate + authority,
    key,
    pin: publicKeyHash(authority).toString('hex'),
    renewal: now + ((issued.expires.getTime() - now) * 2) / 3,
  }
}

async function givenIdentity(
  { chain, key }: NonNullable<Profile['centre']['server']['certificate']>,
  { centre, contents }: Profile,
  now: number,
): Promise<TlsIdentity> {
  const text = (source: string): string => Buffer.from(contents.get(source) ?? []).toString('utf8')
  const shown = { chain: text(chain), key: text(key) }
  const checked = checkServerChain({ ...shown, urls: centre.server.urls, now: new Date(now) })
  if ('refused' in checked) throw unfit(checked.refused)
  return {
    certificate: shown.chain,
    key: shown.key,
    pin: checked.value,
    renewal: Number.POSITIVE_INFINITY,
  }
}

function unfit(what: string): DynfarmError {
  const problem = { file: centreFile, where: 'server/certificate', what }
  return new DynfarmError('config-invalid', `${centreFile}: server/certificate: ${what}`, {
    details: { problems: [problem] },
  })
}
