import { median } from '../measure.ts'
import { renderTable } from '../table.ts'
import type { RelayRun } from './relay.ts'
import type { Ran } from './run.ts'

/** What was measured, as medians over all rounds, and what is judged by it. */
export interface Part {
  title: string
  rounds: number
  /** By contender, in the order of `columns`. */
  rows: Record<string, number[]>
  columns: string[]
  bars: Bar[]
}

export interface Bar {
  what: string
  value: number
  least?: number
  most?: number
}

interface Rounds {
  rounds: number
}

/** Faster than every peer. */
export function partOfMany(
  runs: ReadonlyMap<string, readonly Ran[]>,
  { count, megabytes, rounds }: Rounds & { count: number; megabytes: number },
): Part {
  const rows = mediansOf(runs, ({ wallMs, cpuMs, peakMiB }: Ran) => [wallMs, cpuMs, peakMiB])
  const [own = Number.NaN, ...peers] = Object.values(rows).map(([ms]) => ms ?? Number.NaN)
  return {
    title: `${megabytes} MB to ${count} hosts`,
    ...{ rounds, rows, columns: ['ms', 'client CPU ms', 'peak MiB'] },
    bars: [{ what: 'put to many / best peer, time', value: own / Math.min(...peers), most: 1 }],
  }
}

/** Near to what a plain stream gets over the same line. */
export function partOfLong(
  runs: ReadonlyMap<string, readonly Ran[]>,
  options: Rounds & { megabytes: number; mbit: number; roundTripMs: number },
): Part {
  const { megabytes, mbit, roundTripMs, rounds } = options
  const rate = (ms: number) => (megabytes * 8000) / ms
  const rows = mediansOf(runs, ({ wallMs, cpuMs }: Ran) => [wallMs, rate(wallMs), cpuMs])
  const share = (way: string, plain: string) =>
    (rows[way]?.[1] ?? Number.NaN) / (rows[plain]?.[1] ?? Number.NaN)
  return {
    title: `${megabytes} MB over ${mbit} Mbit/s, ${roundTripMs} ms`,
    ...{ rounds, rows, columns: ['ms', 'Mbit/s', 'client CPU ms'] },
    bars: [
      { what: 'put / plain stream, rate', value: share('put', 'plain stream up'), least: 0.85 },
      { what: 'get / plain stream, rate', value: share('get', 'plain stream down'), least: 0.85 },
    ],
  }
}

/** What the siblings take off the centre's line. */
export function partOfRelay(
  runs: ReadonlyMap<string, readonly RelayRun[]>,
  options: Rounds & { nodes: number; megabytes: number; mbit: number },
): Part {
  const { nodes, megabytes, mbit, rounds } = options
  const rows = mediansOf(runs, ({ ms, copies }: RelayRun) => [ms, copies])
  const [[plain = Number.NaN] = [], [relayed = Number.NaN, copies = Number.NaN] = []] = [
    rows['put'],
    rows['put --relay'],
  ]
  return {
    title: `${megabytes} MB to ${nodes} nodes over ${mbit} Mbit/s`,
    ...{ rounds, rows, columns: ['ms', 'copies'] },
    bars: [
      { what: 'put / put --relay, time', value: plain / relayed, least: 6 },
      { what: 'put --relay, copies from the centre', value: copies, most: 3 },
    ],
  }
}

function mediansOf<T>(
  runs: ReadonlyMap<string, readonly T[]>,
  figuresOf: (run: T) => number[],
): Record<string, number[]> {
  const rows = [...runs].map(([name, all]) => {
    const figures = all.map(figuresOf)
    const middle = (figures[0] ?? []).map((_, at) => median(figures.map((row) => row[at] ?? 0)))
    return [name, middle] as const
  })
  return Object.fromEntries(rows)
}

export function renderPart(
  { title, rounds, rows, columns, bars }: Part,
  { load, cores }: { load: number; cores: number },
): string {
  const lines = Object.entries(rows).map(([name, figures]) => [
    name,
    ...figures.map((figure) => (figure < 10 ? figure.toFixed(2) : figure.toFixed(0))),
  ])
  return [
    renderTable([[title, ...columns], ...lines]).trimEnd(),
    ...bars.map(renderBar),
    `medians of ${rounds}, ${cores} cores, load before ${load.toFixed(1)}\n`,
  ].join('\n')
}

function renderBar({ what, value, least, most }: Bar): string {
  const isMet = value >= (least ?? Number.NEGATIVE_INFINITY) && value < (most ?? Infinity)
  const bar = least === undefined ? `below ${most}` : `at least ${least}`
  return `${what}: ${value.toFixed(2)} (bar ${bar}: ${isMet ? 'met' : 'NOT MET'})`
}
