import { iperf, startServer, type Way, ways } from '../iperf.ts'
import { median } from '../measure.ts'
import { type Farm, service } from './farm.ts'
import { type Path, pathsOf } from './paths.ts'

export const streamCounts = [1, 2, 10, 20] as const

export interface Course {
  rounds: number
  seconds: number
}

/** One way with so many streams, over every path. */
export interface Measured {
  readonly way: Way
  readonly streams: number
  readonly paths: readonly Rate[]
}

export interface Rate {
  readonly name: string
  /** Median over all rounds. */
  readonly mbits: number
  /** Median of each round's own ratio to the first path. */
  readonly ratio: number
  readonly least: number | undefined
}

/** All paths one right after the other, so that a machine whose load drifts treats them alike. */
export async function measureThroughput(
  farm: Farm,
  { rounds, seconds }: Course,
): Promise<Measured[]> {
  const paths = pathsOf(farm)
  const cases = ways.flatMap((way) =>
    streamCounts.map((streams) => ({ way, streams, rows: [] as number[][] })),
  )
  for (let round = 0; round < rounds; round++)
    for (const { rows, ...wanted } of cases) {
      const row: number[] = []
      for (const path of paths) row.push(await through(path, { ...wanted, seconds }))
      rows.push(row)
    }
  return cases.map(({ way, streams, rows }) => ({
    ...{ way, streams },
    paths: paths.map(({ name, least }, at) => ({
      ...{ name, least },
      mbits: median(rows.map((row) => row[at] ?? 0)),
      ratio: median(rows.map((row) => (row[at] ?? 0) / (row[0] ?? 0))),
    })),
  }))
}

/** With a server of its own: one whose client went away is busy for a while. */
async function through(
  { from, to, before, ordinary, address }: Path,
  wanted: { way: Way; streams: number; seconds: number },
): Promise<number> {
  const end = await startServer(to, service.port)
  try {
    return await iperf(from, { ...wanted, address, port: service.port }, { before, ordinary })
  } finally {
    end()
  }
}
