import { iperf, startServer, type Way, ways } from '../iperf.ts'
import { median } from '../measure.ts'
import { busySince, readProcessors } from '../processors.ts'
import { type Rung, rungs } from '../rung.ts'
import { type Farm, port } from './farm.ts'

export const streamCounts = [1, 10] as const

/** One way over one rung, or over the same link without any. */
export interface Measured {
  readonly rung: Rung
  /** up: from the node to the hub. */
  readonly way: Way
  readonly streams: number
  /** Medians over all rounds, of what the receiver got. */
  readonly mbits: Rates
  /** Medians of each round's own ratios. */
  readonly ratios: { readonly ofPlain: number; readonly ofFloor: number; readonly floor: number }
  /** Of the processors' time while the tunnel was measured, 1 for all of it. */
  readonly busy: number
}

interface Rates {
  readonly plain: number
  /** By the same program, set up by hand, between two other machines. */
  readonly floor: number
  readonly tunnel: number
}

export interface Course {
  rounds: number
  seconds: number
}

interface Row extends Rates {
  busy: number
}

/** All three one right after the other, so that a machine whose load drifts treats them alike. */
export async function measureRungs(farm: Farm, { rounds, seconds }: Course): Promise<Measured[]> {
  const cases = rungs.flatMap((rung) =>
    ways.flatMap((way) =>
      streamCounts.map((streams) => ({ rung, way, streams, rows: [] as Row[] })),
    ),
  )
  const { hub, machines, floor, addresses } = farm
  const ends = [await startServer(hub, port), await startServer(floor.hub, port)]
  try {
    for (let round = 0; round < rounds; round++)
      for (const { rung, way, streams, rows } of cases) {
        const to = (address: string) => ({ address, port, way, streams, seconds })
        const plain = await iperf(machines[rung], to(addresses.plain))
        const byHand = await iperf(floor.machine, to(floor.addresses[rung]))
        const before = readProcessors()
        const tunnel = await iperf(machines[rung], to(addresses.inner))
        rows.push({ plain, floor: byHand, tunnel, busy: busySince(before) })
      }
  } finally {
    for (const end of ends) end()
  }
  return cases.map(({ rows, ...one }) => {
    const middle = (of: (row: Row) => number) => median(rows.map(of))
    return {
      ...one,
      mbits: {
        plain: middle(({ plain }) => plain),
        floor: middle(({ floor: byHand }) => byHand),
        tunnel: middle(({ tunnel }) => tunnel),
      },
      ratios: {
        ofPlain: middle(({ plain, tunnel }) => tunnel / plain),
        ofFloor: middle(({ floor: byHand, tunnel }) => tunnel / byHand),
        floor: middle(({ plain, floor: byHand }) => byHand / plain),
      },
      busy: middle(({ busy }) => busy),
    }
  })
}
