import type { Machine } from '../apply/machine.ts'
import { DynfarmError } from '../errors.ts'
import { decode } from '../protocol/decode.ts'
import { hubKnown, hubRevoked, hubSeats } from '../protocol/schema/kept.ts'
import type { ClosedRecord } from './closed.ts'
import { type Known, nothingKnown } from './known.ts'
import type { Seating } from './seats.ts'

/** What a hub finds again after a reboot without the server. Each file is replaced as a whole. */
export function memoryPaths(state: string) {
  const folder = `${state}/hub`
  return {
    folder,
    known: `${folder}/known.json`,
    revoked: `${folder}/revoked.json`,
    seats: `${folder}/seats.json`,
    /** A file for each node that `dynfarm hub revoke` asks to revoke, gone when it is done. */
    requests: `${folder}/revoke`,
  }
}

export interface Seats {
  seats: ReadonlyMap<string, Seating>
  closed: ClosedRecord | undefined
}

export async function loadKnown(machine: Machine, state: string): Promise<Known> {
  const paths = memoryPaths(state)
  const known = (await load(machine, paths.known, hubKnown)) as StoredKnown | undefined
  const ids = (await load(machine, paths.revoked, hubRevoked)) as string[] | undefined
  const revoked = new Set(ids)
  if (known === undefined) return { ...nothingKnown, revoked }
  return {
    position: known.position,
    config: known.config,
    configHash: known.configHash,
    nodes: new Map(known.nodes.map((node) => [node.id, node])),
    hosts: new Map(known.hosts.map((host) => [host.id, host])),
    revoked,
  }
}

export async function loadSeats(machine: Machine, state: string): Promise<Seats> {
  const stored = (await load(machine, memoryPaths(state).seats, hubSeats)) as StoredSeats
  if (stored === undefined) return { seats: new Map(), closed: undefined }
  const seats = stored.seats.map(({ node, ...seating }): [string, Seating] => [node, seating])
  return { seats: new Map(seats), closed: stored.closed }
}

/** Revocations first: a hub that ends between the two remembers too many rather than too few. */
export async function keepKnown(
  machine: Machine,
  state: string,
  { now, before }: { now: Known; before: Known | undefined },
): Promise<void> {
  const { known, revoked } = memoryPaths(state)
  if (now.revoked.size !== before?.revoked.size) await keep(machine, revoked, [...now.revoked])
  const { nodes, hosts, revoked: _, ...rest } = now
  await keep(machine, known, { ...rest, nodes: [...nodes.values()], hosts: [...hosts.values()] })
}

export async function keepSeats(machine: Machine, state: string, now: Seats): Promise<void> {
  const seats = [...now.seats].map(([node, seating]) => ({ node, ...seating }))
  await keep(machine, memoryPaths(state).seats, { seats, closed: now.closed })
}

async function keep(machine: Machine, path: string, value: unknown): Promise<void> {
  await machine.writeFile(path, { content: Buffer.from(`${JSON.stringify(value)}\n`), mode: 0o600 })
}

async function load(machine: Machine, path: string, schema: object): Promise<unknown> {
  const file = await machine.readFile(path)
  if (file === undefined) return undefined
  const decoded = decode(schema, parse(Buffer.from(file.content).toString()))
  if ('value' in decoded) return decoded.value
  const { path: place, what } = decoded.fault
  throw new DynfarmError('state-damaged', `"${path}" is damaged: "${place}" ${what}`)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

type StoredKnown = Pick<Known, 'position' | 'config' | 'configHash'> & {
  nodes: Known['nodes'] extends ReadonlyMap<string, infer Node> ? Node[] : never
  hosts: Known['hosts'] extends ReadonlyMap<string, infer Host> ? Host[] : never
}

type StoredSeats = { seats: ({ node: string } & Seating)[]; closed?: ClosedRecord } | undefined
