import { renderTable } from '../table.ts'
import type { Commands } from './command.ts'
import type { Large } from './large.ts'
import type { Load } from './load.ts'
import type { Throughput } from './throughput.ts'

export interface Report {
  /** How busy the machine was before. */
  readonly load: number
  readonly syncMs: number
  readonly plain: Throughput
  readonly slow: Throughput
  readonly large: Large
  readonly commands: readonly Commands[]
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

export function judge({ plain, slow, syncMs, large, commands }: Report): Bar[] {
  const { atOnce, memory } = large
  const last = memory.returnedMiB.at(-1) ?? Number.NaN
  return [
    bar('joins a second, to the floor', { value: plain.ratio, least: 0.5 }),
    bar(`the same with syncs of ${syncMs} ms`, { value: slow.ratio, least: 0.5 }),
    bar(`failed of ${atOnce.asked} at once`, { value: atOnce.failures.length, most: 0 }),
    bar('list of all nodes, by HTTP', { value: large.listMs, most: 300, unit: 'ms' }),
    bar('the same by "dynfarm node list"', { value: large.commandMs, most: 300, unit: 'ms' }),
    bar('feed of one new node', { value: large.deltaMs, most: 50, unit: 'ms' }),
    bar('memory after all joined', { value: memory.joinedMiB * 1.048576, most: 300, unit: 'MB' }),
    bar('memory after all came back, to before', { value: last / memory.joinedMiB, most: 1.1 }),
    ...commands.flatMap(judgeCommands),
  ]
}

/** The lab's network takes no time, so what the server needs is all that is not the join's own. */
function judgeCommands({ rung, joinMs, scriptMs, againMs, askMs }: Commands): Bar[] {
  const most = 1.5 * scriptMs + 500
  return [
    bar(`command to ping by "${rung}"`, { value: joinMs, most, unit: 'ms' }),
    bar(`join with nothing to do, "${rung}"`, { value: againMs - askMs, most: 300, unit: 'ms' }),
  ]
}

function bar(name: string, values: Pick<Bar, 'value' | 'most' | 'least'> & { unit?: string }): Bar {
  const { value, most = Number.POSITIVE_INFINITY, least = Number.NEGATIVE_INFINITY } = values
  return { name, unit: '', ...values, isMet: value <= most && value >= least }
}

export function render({ load, plain, slow, syncMs, large }: Report, bars: readonly Bar[]): string {
  const { startedMiB, joinedMiB, returnedMiB } = large.memory
  const sizes = [startedMiB, joinedMiB, ...returnedMiB].map((size) => size.toFixed(0)).join(' ')
  return [
    loadTable(plain, slow, syncMs),
    renderTable([['', 'is', 'bar', ''], ...bars.map(renderBar)]),
    `with ${large.nodes} nodes; resident MiB of the server started, joined, and as they came back: ${sizes}`,
    `load of the machine before: ${load.toFixed(1)}`,
  ].join('\n')
}

function loadTable(plain: Throughput, slow: Throughput, syncMs: number): string {
  const head = ['', 'joins/s', 'p50 ms', 'p99 ms', 'x floor', 'server ms/join', 'client ms/join']
  return renderTable([head, ...rows('', plain), ...rows(`, syncs of ${syncMs} ms`, slow)])
}

function rows(which: string, { dynfarm, floor, ratio }: Throughput): string[][] {
  return [
    [`dynfarm serve${which}`, ...cells(dynfarm, ratio)],
    [`floor${which}`, ...cells(floor, 1)],
  ]
}

function cells({ joinsPerSecond, p50, p99, serverCpu, clientCpu }: Load, ratio: number): string[] {
  const [rate, of] = [joinsPerSecond.toFixed(0), ratio.toFixed(2)]
  return [rate, p50.toFixed(1), p99.toFixed(1), of, serverCpu.toFixed(2), clientCpu.toFixed(2)]
}

function renderBar({ name, value, most, least, unit, isMet }: Bar): string[] {
  const limit = most === undefined ? `at least ${least}` : `at most ${most}`
  const shown = Number.isInteger(value) ? String(value) : value.toFixed(2)
  return [name, `${shown} ${unit}`.trim(), `${limit} ${unit}`.trim(), isMet ? 'met' : 'NOT MET']
}
