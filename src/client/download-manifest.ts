import { DynfarmError } from '../errors.ts'
import { checkManifest, type ManifestExpected, type ManifestRefusal } from '../pki/manifest.ts'
import type { Manifest } from '../pki/manifest-facts.ts'
import type { Statement } from '../pki/statement.ts'

const sentences: Readonly<Record<ManifestRefusal, string>> = {
  'wrong-signature': 'its manifest is not signed by the release key that is pinned here',
  malformed: 'its manifest is not of a form that is known here',
  relabelled: 'its manifest is for another centre, platform or version',
  'not-yet-valid': 'its manifest was signed in the future; the clock here may be behind',
  replayed: 'its manifest is older than one that was accepted here before',
  frozen: 'its manifest is out of date, and there is nothing newer: the server hears no news',
  expired: 'its manifest is out of date',
  downgrade: 'it is older than the version that runs here',
  'too-old': 'the version that runs here is too old to go to it',
}

/** The manifest that a statement is, or why it is none for this machine. */
export function acceptManifest(statement: Statement, expected: ManifestExpected): Manifest {
  const checked = checkManifest(statement, expected)
  if ('value' in checked) return checked.value
  const { version, platform } = expected
  throw new DynfarmError(
    'release-refused',
    `release "${version}" for "${platform}" is refused: ${sentences[checked.refused]}`,
    { details: { version, platform, refused: checked.refused } },
  )
}

export function releaseRefused(why: string): DynfarmError {
  return new DynfarmError('release-refused', `the executable of the release is refused: ${why}`)
}
