import { median } from '../measure.ts'
import { renderTable } from '../table.ts'
import type { RelayRun } from './relay.ts'
import type { Ran } from './run.ts'

interface Measured {
  load: number
  count: number
  many: { megabytes: number; rounds: number }
  long: { megabytes: number; mbit: number; roundTripMs: number; rounds: number }
  relay: { nodes: number; megabytes: number; mbit: number; rounds: number }
  toMany: ReadonlyMap<string, readonly Ran[]>
  overLong: ReadonlyMap<string, readonly number[]>
  bySiblings: ReadonlyMap<string, readonly RelayRun[]>
}

/** Medians over all rounds. */
export interface Report extends Omit<Measured, 'toMany' | 'overLong' | 'bySiblings'> {
  toMany: (Ran & { name: string })[]
  overLong: Record<string, { ms: number; mbit: number }>
  bySiblings: Record<string, RelayRun>
}

export function reportOf({ toMany, overLong, bySiblings, ...rest }: Measured): Report {
  const mbit = (ms: number) => (rest.long.megabytes * 8000) / ms
  const ways = [...overLong].map(([name, runs]) => [name, median(runs)] as const)
  return {
    ...rest,
    toMany: [...toMany].map(([name, runs]) => ({ name, ...medians(runs) })),
    overLong: Object.fromEntries(ways.map(([name, ms]) => [name, { ms, mbit: mbit(ms) }])),
    bySiblings: Object.fromEntries([...bySiblings].map(([name, runs]) => [name, middle(runs)])),
  }
}

function medians(runs: readonly Ran[]): Ran {
  const of = (key: keyof Ran) => median(runs.map((run) => run[key]))
  return { wallMs: of('wallMs'), cpuMs: of('cpuMs'), peakMiB: of('peakMiB') }
}

function middle(runs: readonly RelayRun[]): RelayRun {
  return { ms: median(runs.map(({ ms }) => ms)), copies: median(runs.map(({ copies }) => copies)) }
}

export interface Bar {
  what: string
  value: number
  least?: number
  most?: number
}

/** The bars that were set: faster than every peer, and near to what a plain stream gets over the long line. */
export function judge({ toMany, overLong, bySiblings }: Report): Bar[] {
  const [own, ...peers] = toMany.map(({ wallMs }) => wallMs)
  const best = Math.min(...peers)
  const share = (way: string, plain: string) =>
    (overLong[way]?.mbit ?? 0) / (overLong[plain]?.mbit ?? Number.NaN)
  const [plain, relayed] = [bySiblings['put'], bySiblings['put --relay']]
  return [
    { what: 'put to many / best peer, time', value: (own ?? Number.NaN) / best, most: 1 },
    { what: 'put / plain stream, rate', value: share('put', 'plain stream up'), least: 0.85 },
    { what: 'get / plain stream, rate', value: share('get', 'plain stream down'), least: 0.85 },
    {
      what: 'put / put --relay, time',
      value: (plain?.ms ?? Number.NaN) / (relayed?.ms ?? Number.NaN),
      least: 6,
    },
    { what: 'put --relay, copies from the centre', value: relayed?.copies ?? Number.NaN, most: 3 },
  ]
}

export function render(report: Report, bars: readonly Bar[]): string {
  const { count, many, long, relay, load } = report
  const head = [`${many.megabytes} MB to ${count} hosts`, 'ms', 'client CPU ms', 'peak MiB']
  const rows = report.toMany.map(({ name, wallMs, cpuMs, peakMiB }) => [
    name,
    ...[wallMs, cpuMs, peakMiB].map((value) => value.toFixed(0)),
  ])
  const line = `${long.megabytes} MB over ${long.mbit} Mbit/s, ${long.roundTripMs} ms`
  const ways = Object.entries(report.overLong).map(([name, { ms, mbit }]) => [
    name,
    ms.toFixed(0),
    mbit.toFixed(0),
  ])
  const site = `${relay.megabytes} MB to ${relay.nodes} nodes over ${relay.mbit} Mbit/s`
  const siblings = Object.entries(report.bySiblings).map(([name, { ms, copies }]) => [
    name,
    ms.toFixed(0),
    copies.toFixed(2),
  ])
  return [
    `load ${load.toFixed(1)} at the beginning\n`,
    renderTable([head, ...rows]),
    renderTable([[line, 'ms', 'Mbit/s'], ...ways]),
    renderTable([[site, 'ms', 'copies'], ...siblings]),
    ...bars.map(renderBar),
  ].join('\n')
}

function renderBar({ what, value, least, most }: Bar): string {
  const isMet = value >= (least ?? Number.NEGATIVE_INFINITY) && value < (most ?? Infinity)
  const bar = least === undefined ? `below ${most}` : `at least ${least}`
  return `${what}: ${value.toFixed(2)} (bar ${bar}: ${isMet ? 'met' : 'NOT MET'})`
}
