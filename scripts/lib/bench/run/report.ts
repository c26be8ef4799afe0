import { renderTable } from '../table.ts'
import type { Started } from './jobs.ts'
import type { Course, Measured } from './throughput.ts'

export interface Report extends Course {
  /** How busy the machine was before. */
  readonly load: number
  readonly cores: number
  readonly linkMbits: number
  readonly measured: readonly Measured[]
  readonly starts: readonly Started[]
  readonly memoryMiB: number
}

export interface Bar {
  readonly name: string
  readonly is: string
  readonly bar: string
  readonly isMet: boolean
}

const mostStartMs = 2000

export function judge({ measured, starts }: Report): Bar[] {
  const rates = measured.flatMap((one) =>
    one.paths.flatMap(({ name, ratio, least }) => {
      if (least === undefined) return []
      const isMet = ratio >= least
      const [is, bar] = [ratio.toFixed(2), `at least ${least}`]
      return [{ name: `${name}, ${describe(one)}`, is, bar, isMet }]
    }),
  )
  const times = starts.map(({ mode, startMs }) => ({
    ...{ name: `${mode}, start`, is: `${startMs} ms`, bar: `under ${mostStartMs} ms` },
    isMet: startMs < mostStartMs,
  }))
  return [...rates, ...times]
}

export function render(report: Report, bars: readonly Bar[]): string {
  const { measured, starts, memoryMiB, linkMbits, rounds, seconds, load, cores } = report
  const names = measured[0]?.paths.map(({ name }) => name) ?? []
  const [, ...others] = names
  const head = ['Mbit/s', ...names, ...others.map((name) => `${name} : ${names[0]}`)]
  const rows = measured.map((one) => [
    describe(one),
    ...one.paths.map(({ mbits }) => mbits.toFixed(0)),
    ...one.paths.slice(1).map(({ ratio }) => ratio.toFixed(2)),
  ])
  const times = starts.map(({ mode, startMs, wholeMs }) => [mode, `${startMs}`, `${wholeMs}`])
  const verdicts = bars.map(({ name, is, bar, isMet }) => [
    name,
    is,
    bar,
    isMet ? 'met' : 'NOT MET',
  ])
  return [
    renderTable([head, ...rows]),
    renderTable([['start of a job, ms', 'first instruction', 'whole'], ...times]),
    renderTable([['', 'is', 'bar', ''], ...verdicts]),
    `TCP over a link of ${linkMbits} Mbit/s each way; medians of ${rounds} rounds of ${seconds} s`,
    `one job of mode "ns" holds ${memoryMiB.toFixed(0)} MiB, when ten run at once`,
    `${cores} processors, load of the machine before: ${load.toFixed(1)}`,
  ].join('\n')
}

function describe({ way, streams }: Measured): string {
  return `${way}, ${streams} ${streams === 1 ? 'stream' : 'streams'}`
}
