import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { median } from '../measure.ts'
import type { Centre } from './centre.ts'
import { endFarm, type Farm, joinOne, startFarm } from './farm.ts'
import { type Machines, startMachines } from './load.ts'

export interface Large {
  readonly nodes: number
  /** Of so many that joined at the same instant. */
  readonly atOnce: { readonly asked: number; readonly failures: readonly string[] }
  readonly listMs: number
  /** By "dynfarm node list". */
  readonly commandMs: number
  readonly deltaMs: number
  /** Of the server's process. */
  readonly memory: Memory
}

interface Memory {
  readonly startedMiB: number
  readonly joinedMiB: number
  /** After each portion of those that came back. */
  readonly returnedMiB: readonly number[]
}

interface Wanted {
  readonly dynfarm: string
  readonly folder: string
  readonly nodes: number
  readonly atOnce: number
}

/** What a server with many nodes takes for what is asked often. */
export async function measureLarge(centre: Centre, wanted: Wanted): Promise<Large> {
  const farm = await startFarm(centre, wanted)
  const machines = startMachines()
  try {
    const startedMiB = await settledMiB(farm)
    const failures = await joinAll(farm, machines, wanted)
    const joinedMiB = await settledMiB(farm)
    const returnedMiB = await comeBack(farm, machines, wanted.nodes)
    const listMs = await medianOf(async () => {
      const { nodes } = await farm.root.request('nodeList', { query: {} })
      expectAtLeast(nodes.length, wanted.nodes)
    })
    return {
      nodes: wanted.nodes,
      atOnce: { asked: wanted.atOnce, failures },
      listMs,
      commandMs: await medianOf(() => listByCommand(farm, wanted)),
      deltaMs: await measureDelta(farm),
      memory: { startedMiB, joinedMiB, returnedMiB },
    }
  } finally {
    machines.end()
    await endFarm(farm)
  }
}

async function joinAll(
  { serving: { url }, pin, token }: Farm,
  machines: Machines,
  { nodes, atOnce }: Wanted,
): Promise<readonly string[]> {
  const task = { url, pin, token }
  const { failures } = await machines.run({ ...task, count: atOnce, lanes: atOnce })
  const rest = nodes - atOnce + failures.length
  const later = await machines.run({ ...task, count: rest, lanes: 32 })
  if (later.failures.length > 0) throw new Error(later.failures[0])
  return failures
}

const portions = 4

/** Each node once, by its certificate. */
async function comeBack(farm: Farm, machines: Machines, nodes: number): Promise<number[]> {
  const { serving, pin } = farm
  const sizes: number[] = []
  for (let portion = 0; portion < portions; portion++) {
    const task = { url: serving.url, pin, count: nodes / portions, lanes: 32 }
    const { failures } = await machines.run(task)
    if (failures.length > 0) throw new Error(failures[0])
    sizes.push(await settledMiB(farm))
  }
  return sizes
}

/** A server that has nothing to do gives back some of what it took. */
async function settledMiB({ serving }: Farm): Promise<number> {
  await sleep(3000)
  return serving.residentMiB()
}

/** What a hub that knows all the others waits for a new one. */
async function measureDelta(farm: Farm): Promise<number> {
  let { position } = await farm.hub.request('feed', { query: {} })
  const times: number[] = []
  for (let round = -1; round < repeats; round++) {
    await joinOne(farm)
    const begin = performance.now()
    const feed = await farm.hub.request('feed', { query: { since: position } })
    if (round >= 0) times.push(performance.now() - begin)
    if (feed.kind !== 'delta' || feed.nodes.length !== 1) throw new Error('no delta of one node')
    position = feed.position
  }
  return median(times)
}

const repeats = 11

async function medianOf(work: () => Promise<void>): Promise<number> {
  const times: number[] = []
  for (let round = -1; round < repeats; round++) {
    const begin = performance.now()
    await work()
    if (round >= 0) times.push(performance.now() - begin)
  }
  return median(times)
}

async function listByCommand(
  { env }: Farm,
  { dynfarm, nodes }: Pick<Wanted, 'dynfarm' | 'nodes'>,
): Promise<void> {
  const options = { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 }
  const { stdout } = await execute(dynfarm, ['node', 'list'], options)
  expectAtLeast(stdout.split('\n').length, nodes)
}

const execute = promisify(execFile)

function expectAtLeast(found: number, wanted: number): void {
  if (found < wanted) throw new Error(`${found} nodes are listed, of ${wanted}`)
}
