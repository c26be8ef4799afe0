import { renderTable } from '../../profile/table.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import { renderTime } from './times.ts'

type Release = AnswerOf<'releaseList'>['releases'][number]

const head = ['VERSION', 'PLATFORM', 'STATE', 'ADDED', 'EXPIRES', 'SIZE', 'HASH']

/** The newest first. */
export function renderReleases(releases: readonly Release[], now: number): string {
  const rows = releases
    .toSorted((a, b) => b.created - a.created)
    .map((release) => [
      release.version,
      release.platform,
      stateOf(release, now),
      renderTime(release.created),
      release.expiry == null ? '-' : renderTime(release.expiry),
      `${(release.size / 2 ** 20).toFixed(1)} MiB`,
      release.hash,
    ])
  return renderTable(head, rows)
}

function stateOf({ stored, expiry }: Release, now: number): string {
  if (expiry != null && expiry <= now) return 'expired'
  return stored ? 'offered' : 'no file'
}
