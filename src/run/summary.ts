import type { Mode } from './abilities.ts'
import type { Traffic } from './traffic.ts'

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
  exit: number
}

export function renderSummary(summary: Summary): string {
  const { name, mode, rung, route, startMs, exit, limits } = summary
  return [
    `job "${name}" in mode "${mode}" by "${rung}" (${route}), started in ${(startMs / 1000).toFixed(1)} s`,
    `  towards it ${way(summary.rx, summary.peakRx, limits.rx)}`,
    `  away from it ${way(summary.tx, summary.peakTx, limits.tx)}`,
    `  exit code ${exit}`,
  ].join('\n')
}

function way(bytes: number, peak: number, limit: number | null): string {
  const most = limit === null ? 'no limit' : `limit ${megabits(limit)}`
  return `${bytes} bytes, at most ${megabits(peak)}, ${most}`
}

function megabits(rate: number): string {
  return `${(rate / 1e6).toFixed(1)} Mbit/s`
}
