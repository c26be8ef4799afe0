import { mkdtempSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { median } from '../measure.ts'
import type { Centre } from './centre.ts'
import { endFarm, type Farm, joinOne, startFarm } from './farm.ts'
import { type Load, type Machines, measureLoad, startMachines } from './load.ts'
import { type Serving, startServing } from './server.ts'

export interface Throughput {
  readonly dynfarm: Load
  readonly floor: Load
  /** Joins a second of the one to those of the other, round by round. */
  readonly ratio: number
}

interface Wanted {
  readonly dynfarm: string
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
  readonly rounds: number
  readonly count: number
  readonly lanes: number
}

/** Both servers run all the time and are loaded in turn, so that a machine whose speed drifts treats them alike. */
export async function measureThroughput(centre: Centre, wanted: Wanted): Promise<Throughput> {
  const farm = await startFarm(centre, wanted)
  const machines = startMachines()
  try {
    const floor = await startFloor(farm, centre, wanted)
    try {
      return await compare({ farm, floor, machines }, wanted)
    } finally {
      await floor.end()
    }
  } finally {
    machines.end()
    await endFarm(farm)
  }
}

async function startFloor(farm: Farm, { configDir }: Centre, wanted: Wanted): Promise<Serving> {
  const folder = mkdtempSync(join(wanted.folder, 'floor-'))
  const answer = join(folder, 'answer.json')
  writeFileSync(answer, JSON.stringify(await joinOne(farm)))
  const program = join(import.meta.dirname, 'floor.ts')
  const node = resolve(import.meta.dirname, '../../../../node_modules/node/bin/node')
  const { env = {} } = wanted
  return startServing({
    argv: [node, program, configDir, join(folder, 'floor.db'), answer],
    env,
  })
}

interface Contenders {
  readonly farm: Farm
  readonly floor: Serving
  readonly machines: Machines
}

async function compare(
  { farm: { serving, pin, token }, floor, machines }: Contenders,
  { rounds, count, lanes }: Wanted,
): Promise<Throughput> {
  const loads: { dynfarm: Load; floor: Load }[] = []
  for (let round = -1; round < rounds; round++) {
    const task = { pin, token, count, lanes }
    const load = {
      dynfarm: await measureLoad(serving, machines, task),
      floor: await measureLoad(floor, machines, task),
    }
    if (round >= 0) loads.push(load)
  }
  return {
    dynfarm: medianLoad(loads.map((load) => load.dynfarm)),
    floor: medianLoad(loads.map((load) => load.floor)),
    ratio: median(loads.map(({ dynfarm, floor }) => dynfarm.joinsPerSecond / floor.joinsPerSecond)),
  }
}

function medianLoad(loads: readonly Load[]): Load {
  const of = (key: keyof Load): number => median(loads.map((load) => load[key]))
  return {
    joinsPerSecond: of('joinsPerSecond'),
    p50: of('p50'),
    p99: of('p99'),
    serverCpu: of('serverCpu'),
    clientCpu: of('clientCpu'),
  }
}
