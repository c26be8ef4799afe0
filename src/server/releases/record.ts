import { type Manifest, readManifest } from '../../pki/manifest-facts.ts'
import { parseFacts } from '../../pki/statement.ts'
import type { ReleaseRecord } from '../../protocol/records.ts'
import type { Store } from '../../store/store.ts'
import type { Call } from '../call.ts'
import { Refusal } from '../refusal.ts'

/** What the manifest of a known release says: it was checked when it came. */
export function manifestOf({ manifest }: ReleaseRecord): Manifest {
  const facts = parseFacts(manifest)
  const read = facts && readManifest(facts)
  if (read === undefined) throw new Error('the store holds a manifest that is none')
  return read
}

/** What becomes of a release that is announced. */
export type Announcement = 'new' | 'renewed' | 'known' | 'other'

/** The same executable may get a later manifest, with another end; another one never has its version. */
export function compareRelease(known: ReleaseRecord | undefined, offered: Manifest): Announcement {
  if (known === undefined) return 'new'
  if (known.hash !== offered.hash || known.size !== offered.size) return 'other'
  return offered.issued > manifestOf(known).issued ? 'renewed' : 'known'
}

export async function findRelease(
  { params }: Pick<Call<'releaseFile'>, 'params'>,
  store: Store,
): Promise<ReleaseRecord> {
  const [version, platform] = [params['version'] ?? '', params['platform'] ?? '']
  const release = await store.read(({ releases }) => releases.byVersion(version, platform))
  if (release !== undefined) return release
  throw new Refusal('not-found', `no release "${version}" for "${platform}"`)
}

/** As the audit and messages have it. */
export function nameOf({ version, platform }: Pick<ReleaseRecord, 'version' | 'platform'>): string {
  return `${version}/${platform}`
}
