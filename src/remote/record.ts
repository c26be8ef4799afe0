import type { HostClass } from './outcome.ts'
import type { HostRun } from './run-host.ts'

/** What is told of a host when it is done with. */
export interface HostRecord extends HostRun {
  node: string
  site: string
  /** What came or went, by what it was: each command has its own. */
  bytes: Readonly<Record<string, number>>
  files?: Readonly<Record<string, number>>
  /** Whether the command or the run kept it from the start. */
  skip?: 'dead' | 'stopped'
}

/** Which of the remote's exit codes it makes; the largest wins. */
const severity: Readonly<Record<HostClass, 0 | 3 | 4>> = {
  ok: 0,
  failed: 3,
  killed: 3,
  skipped: 4,
  timeout: 4,
  unreachable: 4,
  refused: 4,
  hostkey: 4,
  lost: 4,
}

export interface ExitRules {
  interrupted: boolean
  /** -S: the largest code of the commands themselves. */
  worst: boolean
}

export function exitOf(records: readonly HostRecord[], rules: ExitRules): number {
  if (rules.interrupted) return 130
  const counted = records.filter(({ skip }) => skip !== 'stopped')
  if (rules.worst) return Math.max(0, ...counted.map(worstOf))
  return Math.max(0, ...counted.map((record) => severity[record.class]))
}

/** A host that gave no code of its own counts as 255, as with ssh. */
function worstOf({ class: hostClass, exit }: HostRecord): number {
  return exit ?? (hostClass === 'ok' ? 0 : 255)
}
