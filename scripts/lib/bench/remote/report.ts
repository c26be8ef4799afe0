import { renderTable } from '../table.ts'
import type { Measured } from './measure.ts'

export interface Part {
  title: string
  hosts: number
  rows: Measured[]
}

export interface Bar {
  name: string
  value: number
  most: number
  isMet: boolean
}

export interface Report {
  /** How busy the machine was before. */
  load: number
  cores: number
  parts: Part[]
  bars: Bar[]
}

/** Of connecting and running `true`: rows are dynfarm, the floor, and the peers with equal and with own algorithms. */
export function judgeConnect({ hosts, rows }: Part): Bar[] {
  const [own, floor, ...peers] = rows
  if (own === undefined || floor === undefined) return []
  const equal = peers.filter(({ name }) => !name.endsWith('(its own)'))
  const theirs = peers.filter(({ name }) => name.endsWith('(its own)'))
  const least = (of: Measured[], key: 'wallMs' | 'cpuMs') => Math.min(...of.map((row) => row[key]))
  const bars = [
    bar(`${hosts} hosts: wall, to the best peer`, own.wallMs / least(equal, 'wallMs'), 0.6),
    bar(`${hosts} hosts: wall, to the floor of the sshds`, own.wallMs / floor.wallMs, 1.5),
    bar(`${hosts} hosts: CPU, to the least of the peers`, own.cpuMs / least(equal, 'cpuMs'), 1 / 3),
  ]
  if (theirs.length === 0) return bars
  const asTheyCome = own.cpuMs / least(theirs, 'cpuMs')
  return [...bars, bar(`${hosts} hosts: CPU, to the peers as they come`, asTheyCome, 0.1)]
}

export function judgeGathered({ rows: [own, clush] }: Part): Bar[] {
  if (own === undefined || clush === undefined) return []
  return [
    bar('gathered: wall, to clush -b', own.wallMs / clush.wallMs, 1),
    bar('gathered: memory, to clush -b', own.peakMiB / clush.peakMiB, 0.25),
  ]
}

function bar(name: string, value: number, most: number): Bar {
  return { name, value, most, isMet: value <= most }
}

export function renderPart({ title, hosts, rows }: Part): string {
  const head = ['', 's', 'CPU ms a host', 'MiB', 'median of']
  const lines = rows.map(({ name, wallMs, cpuMs, peakMiB, rounds }) => [
    ...[name, (wallMs / 1000).toFixed(2), (cpuMs / hosts).toFixed(1), peakMiB.toFixed(0)],
    `${rounds}`,
  ])
  return `${title}\n${renderTable([head, ...lines])}`
}

export function renderBars({ load, cores, bars }: Report): string {
  const verdicts = bars.map(({ name, value, most, isMet }) => {
    return `${isMet ? 'met    ' : 'NOT MET'}  ${name}: ${value.toFixed(2)} (at most ${most.toFixed(2)})`
  })
  return [`${cores} cores, load before ${load.toFixed(1)}`, ...verdicts].join('\n')
}
