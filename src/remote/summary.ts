import { fold } from './nodeset/fold.ts'
import { hostClasses } from './outcome.ts'
import type { HostRecord } from './record.ts'

/** The end of a run: how many of each class, which nodes, and why. */
export function renderSummary(records: readonly HostRecord[], ms: number): string {
  const head = `${plural(records.length, 'node')} in ${(ms / 1000).toFixed(1)} s`
  const lines = hostClasses.flatMap((hostClass) => {
    const of = records.filter((record) => record.class === hostClass)
    return of.length === 0 ? [] : [`${of.length} ${hostClass}: ${fold(names(of))}`, ...reasons(of)]
  })
  return [head, ...lines.map((line) => `  ${line}`)].join('\n')
}

/** Those that `-w ^FILE` is to name again. */
export function failedOf(records: readonly HostRecord[]): string {
  const failed = records.filter(({ class: hostClass }) => hostClass !== 'ok')
  return failed.length === 0 ? '' : `${fold(names(failed))}\n`
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function names(records: readonly HostRecord[]): string[] {
  return records.map(({ node }) => node)
}

function reasons(records: readonly HostRecord[]): string[] {
  const byReason = Map.groupBy(records, reasonOf)
  byReason.delete('')
  const sorted = [...byReason].sort(([a], [b]) => (a < b ? -1 : 1))
  return sorted.map(([reason, of]) => `  ${reason}: ${fold(names(of))}`)
}

function reasonOf({ class: hostClass, exit, signal, reason, phase, killed }: HostRecord): string {
  if (hostClass === 'failed' && reason === undefined) return `exit ${exit}`
  if (killed !== undefined) return killedText(killed)
  if (signal !== undefined) return signal
  return reason === undefined ? '' : `${phase}: ${reason}`
}

function killedText({ found, left, verified }: NonNullable<HostRecord['killed']>): string {
  if (verified) return found === 1 ? '1 process ended' : `${found} processes ended`
  if (left > 0) return `${left} of ${found} processes could not be ended`
  return 'told to end, without an answer'
}
