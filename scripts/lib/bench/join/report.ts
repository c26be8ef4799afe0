import { renderTable } from '../table.ts'
import type { Commands } from './command.ts'
import type { Large } from './large.ts'
import type { Load } from './load.ts'
import type { Throughput } from './throughput.ts'

/** What is shown of one measurement, and what it has to be. */
export interface Part {
  readonly text: string
  readonly bars: readonly Bar[]
}

export interface Bar {
  readonly name: string
  readonly value: number
  /** What it may be at most, or has to be at least. */
  readonly most?: number
  readonly least?: number
  readonly unit: string
  readonly isMet: boolean
}

/** The lab's network takes no time, so what the server needs is all that is not the join's own. */
export function commandPart({ rung, median: of, least, cpu }: Commands): Part {
  const most = 1.5 * of.scriptMs + 500
  const bars = [
    bar(`command to ping by "${rung}"`, { value: of.joinMs, most, unit: 'ms' }),
    bar(`join with nothing to do, "${rung}"`, {
      ...{ value: of.againMs - of.askMs, most: 300, unit: 'ms' },
    }),
  ]
  const names = [
    ['command to ping', 'joinMs'],
    ['by hand', 'scriptMs'],
    ['the whole join', 'wholeMs'],
    ['a join with nothing to do', 'againMs'],
    ['of that, the server', 'askMs'],
  ] as const
  const rows = names.map(([name, key]) => [name, of[key].toFixed(0), least[key].toFixed(0)])
  const used = Object.entries(cpu).map(([who, ms]) => [`processor: ${who}`, ms.toFixed(0), ''])
  const table = renderTable([[`by "${rung}"`, 'ms', 'least'], ...rows, ...used])
  return part(table, bars)
}

export function throughputPart({ dynfarm, floor, ratio }: Throughput, syncMs?: number): Part {
  const which = syncMs === undefined ? '' : `, syncs of ${syncMs} ms`
  const bars = [bar(`joins a second, to the floor${which}`, { value: ratio, least: 0.5 })]
  const head = ['', 'joins/s', 'p50 ms', 'p99 ms', 'x floor', 'server ms/join', 'client ms/join']
  const rows = [
    [`dynfarm serve${which}`, ...cells(dynfarm, ratio)],
    [`floor${which}`, ...cells(floor, 1)],
  ]
  return part(renderTable([head, ...rows]), bars)
}

export function largePart({ nodes, atOnce, memory, ...times }: Large): Part {
  const { startedMiB, joinedMiB, returnedMiB } = memory
  const last = returnedMiB.at(-1) ?? Number.NaN
  const sizes = [startedMiB, joinedMiB, ...returnedMiB].map((size) => size.toFixed(0)).join(' ')
  const text = `with ${nodes} nodes; resident MiB of the server started, joined, and as they came back: ${sizes}\n`
  return part(text, [
    bar(`failed of ${atOnce.asked} at once`, { value: atOnce.failures.length, most: 0 }),
    bar('list of all nodes, by HTTP', { value: times.listMs, most: 300, unit: 'ms' }),
    bar('the same by "dynfarm node list"', { value: times.commandMs, most: 300, unit: 'ms' }),
    bar('feed of one new node', { value: times.deltaMs, most: 50, unit: 'ms' }),
    bar('memory after all joined', { value: joinedMiB * 1.048576, most: 300, unit: 'MB' }),
    bar('memory after all came back, to before', { value: last / joinedMiB, most: 1.1 }),
  ])
}

function part(text: string, bars: readonly Bar[]): Part {
  return { text: `${text}${renderTable([['', 'is', 'bar', ''], ...bars.map(renderBar)])}`, bars }
}

function bar(name: string, values: Pick<Bar, 'value' | 'most' | 'least'> & { unit?: string }): Bar {
  const { value, most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = values
  return { name, unit: '', ...values, isMet: value <= most && value >= least }
}

function cells({ joinsPerSecond, p50, p99, serverCpu, clientCpu }: Load, ratio: number): string[] {
  const [rate, of] = [joinsPerSecond.toFixed(0), ratio.toFixed(2)]
  return [rate, p50.toFixed(1), p99.toFixed(1), of, serverCpu.toFixed(2), clientCpu.toFixed(2)]
}

function renderBar({ name, value, most, least, unit, isMet }: Bar): string[] {
  const limit = most === undefined ? `at least ${least}` : `at most ${Number(most.toFixed(1))}`
  const shown = Number.isInteger(value) ? String(value) : value.toFixed(2)
  return [name, `${shown} ${unit}`.trim(), `${limit} ${unit}`.trim(), isMet ? 'met' : 'NOT MET']
}
