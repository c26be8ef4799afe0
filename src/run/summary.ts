import type { Mode } from './abilities.ts'
import type { Dropped, Traffic } from './traffic.ts'

/** What is told of a job when it has ended. */
export interface Summary extends Traffic {
  name: string
  addresses: readonly string[]
  mode: Mode
  rung: string
  route: 'split' | 'all'
  /** Milliseconds from the command to the job. */
  startMs: number
  limits: { rx: number | null; tx: number | null }
  dropped: Dropped
  /** By what the job had its repositories; null when it asked for none. */
  cvmfs: { repositories: readonly string[]; way: string; proxy: string | null } | null
  exit: number
}

export function renderSummary(summary: Summary): string {
  const { name, mode, rung, route, startMs, exit } = summary
  return [
    `job "${name}" in mode "${mode}" by "${rung}" (${route}), started in ${(startMs / 1000).toFixed(1)} s`,
    `  towards it ${way(summary, 'rx')}`,
    `  away from it ${way(summary, 'tx')}`,
    ...(summary.cvmfs === null ? [] : [`  ${renderCvmfs(summary.cvmfs)}`]),
    `  exit code ${exit}`,
  ].join('\n')
}

export function renderCvmfs({ repositories, way, proxy }: NonNullable<Summary['cvmfs']>): string {
  const by = proxy === null ? '' : `, proxy ${proxy}`
  return `${repositories.map((name) => `/cvmfs/${name}`).join(', ')} by "${way}"${by}`
}

function way(summary: Summary, direction: 'rx' | 'tx'): string {
  const { rx, tx, peakRx, peakTx, averageRx, averageTx, limits, dropped } = summary
  const [bytes, peak, average] =
    direction === 'rx' ? [rx, peakRx, averageRx] : [tx, peakTx, averageTx]
  const rates = `at most ${megabits(peak)}, ${megabits(average)} on average`
  return `${bytes} bytes, ${rates}, ${limited(limits[direction], dropped[direction])}`
}

function limited(limit: number | null, dropped: number | null): string {
  if (limit === null) return 'no limit'
  const lost = dropped === null ? '' : ` (${dropped} packets dropped)`
  return `limit ${megabits(limit)}${lost}`
}

function megabits(rate: number): string {
  return `${(rate / 1e6).toFixed(1)} Mbit/s`
}
