import { compareVersions, parseVersion, type Version } from '../../pki/version.ts'
import type { Site } from '../../profile/types.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import type { ReleaseRecord } from '../../protocol/records.ts'

type Offer = NonNullable<AnswerOf<'join'>['release']>

interface Running {
  readonly version: string
  readonly platform: string
}

/** The release that a machine of the site should run instead of what it runs. */
export function offerRelease(
  releases: readonly ReleaseRecord[],
  running: Running,
  { version, update }: Site['release'],
): Offer | undefined {
  if (update !== 'self') return undefined
  const fitting = releases.filter(({ platform }) => platform === running.platform)
  const wanted =
    version === 'latest'
      ? newestAfter(running.version, fitting)
      : fitting.find((release) => release.version === version && version !== running.version)
  return wanted && offerOf(wanted)
}

/** What comes before a version, as 1.2.0-rc.1 does, is only for sites that name it. */
function newestAfter(
  running: string,
  releases: readonly ReleaseRecord[],
): ReleaseRecord | undefined {
  const finished = releases.filter(({ version }) => parsed(version).before.length === 0)
  const [newest] = finished.toSorted((a, b) =>
    compareVersions(parsed(b.version), parsed(a.version)),
  )
  if (newest === undefined) return undefined
  return compareVersions(parsed(newest.version), parsed(running)) > 0 ? newest : undefined
}

function parsed(text: string): Version {
  const version = parseVersion(text)
  if (version === undefined) throw new Error(`"${text}" is not a version`)
  return version
}

function offerOf({ version, platform, manifest, signature }: ReleaseRecord): Offer {
  return { version, platform, statement: { text: manifest, signature } }
}
