import { renderTable } from '../table.ts'
import type { Farm } from './farm.ts'
import type { Course, Measured } from './rungs.ts'

export interface Report extends Course {
  /** How busy the machine was before. */
  readonly load: number
  readonly linkMbits: number
  readonly wireguard: Farm['wireguard']
  readonly measured: readonly Measured[]
}

export interface Bar {
  readonly name: string
  readonly ratio: number
  readonly least: number
  readonly isMet: boolean
}

const least = 0.9

/** OpenVPN over udp is the rung that has one: WireGuard here may be the slow one of no kernel, and tcp in tcp is a last resort. */
export function judge({ measured }: Report): Bar[] {
  return measured
    .filter(({ rung }) => rung === 'udp')
    .map((one) => ({
      name: `${one.rung}, ${describe(one)}`,
      ratio: one.ratios.ofPlain,
      least,
      isMet: one.ratios.ofPlain >= least,
    }))
}

export function render(report: Report, bars: readonly Bar[]): string {
  const { measured, linkMbits, rounds, seconds, load, wireguard } = report
  const figures = ['plain Mbit/s', 'by hand', 'tunnel', 'by hand : plain', 'tunnel : plain']
  const head = ['', ...figures, 'tunnel : by hand', 'processors busy']
  const rows = measured.map((one) => [
    `${nameOf(one, wireguard)}, ${describe(one)}`,
    ...[one.mbits.plain, one.mbits.floor, one.mbits.tunnel].map((rate) => rate.toFixed(0)),
    ...[one.ratios.floor, one.ratios.ofPlain, one.ratios.ofFloor].map((part) => part.toFixed(2)),
    `${(one.busy * 100).toFixed(0)} %`,
  ])
  const verdicts = bars.map(({ name, ratio, isMet }) => [
    name,
    ratio.toFixed(2),
    `at least ${least}`,
    isMet ? 'met' : 'NOT MET',
  ])
  return [
    renderTable([head, ...rows]),
    renderTable([['', 'is', 'bar', ''], ...verdicts]),
    `TCP over a link of ${linkMbits} Mbit/s each way; medians of ${rounds} rounds of ${seconds} s`,
    `load of the machine before: ${load.toFixed(1)}`,
  ].join('\n')
}

function nameOf({ rung }: Measured, wireguard: Report['wireguard']): string {
  return rung === 'wg' ? (wireguard === 'kernel' ? 'WireGuard' : wireguard) : `OpenVPN ${rung}`
}

function describe({ way, streams }: Measured): string {
  return `${way}, ${streams} ${streams === 1 ? 'stream' : 'streams'}`
}
