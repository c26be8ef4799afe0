import type { LabHost } from '../../../../test/lab/lib/lab-host.ts'
import { killGroup } from '../../../../test/lab/lib/lab-host.ts'
import { median } from '../measure.ts'
import { type Farm, port, type Rung, rungs } from './farm.ts'

export const ways = ['up', 'down'] as const
export const streamCounts = [1, 10] as const

/** One way over one rung, or over the same link without any. */
export interface Measured {
  readonly rung: Rung
  /** up: from the node to the hub. */
  readonly way: (typeof ways)[number]
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
  const server = farm.hub.spawn(['iperf3', '--server', '--port', String(port)])
  try {
    await listening(farm.hub)
    for (let round = 0; round < rounds; round++)
      for (const { rung, way, streams, pairs } of cases) {
        const through = async (address: string) =>
          await iperf(farm.machines[rung], { address, way, streams, seconds })
        const plain = await through(farm.addresses.plain)
        pairs.push({ plain, tunnel: await through(farm.addresses.inner) })
      }
  } finally {
    killGroup(server.pid)
  }
  return cases.map(({ pairs, ...one }) => ({
    ...one,
    mbits: median(pairs.map(({ tunnel }) => tunnel)),
    plainMbits: median(pairs.map(({ plain }) => plain)),
    ratio: median(pairs.map(({ plain, tunnel }) => tunnel / plain)),
  }))
}

async function listening(hub: LabHost): Promise<void> {
  const look = `for n in $(seq 100); do ss -Hltn "sport = :${port}" | grep -q . && exit; sleep 0.1; done; exit 1`
  await hub.must(['sh', '-c', look])
}

interface Wanted {
  address: string
  way: Measured['way']
  streams: number
  seconds: number
}

/** Without the first second, in which TCP finds its pace. */
async function iperf(from: LabHost, { address, way, streams, seconds }: Wanted): Promise<number> {
  const output = await from.must(
    [
      ...['iperf3', '--json', '--client', address, '--port', String(port), '--omit', '1'],
      ...['--time', String(seconds), '--parallel', String(streams)],
      ...(way === 'down' ? ['--reverse'] : []),
    ],
    { timeoutMs: (seconds + 30) * 1000 },
  )
  const { end } = JSON.parse(output)
  return end.sum_received.bits_per_second / 1e6
}
