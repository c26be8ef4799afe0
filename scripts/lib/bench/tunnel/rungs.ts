import { iperf, startServer, type Way, ways } from '../iperf.ts'
import { median } from '../measure.ts'
import { type Farm, port, type Rung, rungs } from './farm.ts'

export const streamCounts = [1, 10] as const

/** One way over one rung, or over the same link without any. */
export interface Measured {
  readonly rung: Rung
  /** up: from the node to the hub. */
  readonly way: Way
  readonly streams: number
  /** Medians over all rounds, of what the receiver got. */
  readonly mbits: number
  readonly plainMbits: number
  /** Median of each round's own ratio. */
  readonly ratio: number
}

export interface Course {
  rounds: number
  seconds: number
}

interface Pair {
  plain: number
  tunnel: number
}

/** Plain and tunnel one right after the other, so that a machine whose load drifts treats both alike. */
export async function measureRungs(farm: Farm, { rounds, seconds }: Course): Promise<Measured[]> {
  const cases = rungs.flatMap((rung) =>
    ways.flatMap((way) =>
      streamCounts.map((streams) => ({ rung, way, streams, pairs: [] as Pair[] })),
    ),
  )
  const endServer = await startServer(farm.hub, port)
  try {
    for (let round = 0; round < rounds; round++)
      for (const { rung, way, streams, pairs } of cases) {
        const through = async (address: string) =>
          await iperf(farm.machines[rung], { address, port, way, streams, seconds })
        const plain = await through(farm.addresses.plain)
        pairs.push({ plain, tunnel: await through(farm.addresses.inner) })
      }
  } finally {
    endServer()
  }
  return cases.map(({ pairs, ...one }) => ({
    ...one,
    mbits: median(pairs.map(({ tunnel }) => tunnel)),
    plainMbits: median(pairs.map(({ plain }) => plain)),
    ratio: median(pairs.map(({ plain, tunnel }) => tunnel / plain)),
  }))
}
