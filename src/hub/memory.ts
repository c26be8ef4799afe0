import type { Machine } from '../apply/machine.ts'
import { load, lookTwice } from '../client/stored.ts'
import { DynfarmError } from '../errors.ts'
import { hubKnown, hubRevoked, hubSeats } from '../protocol/schema/kept.ts'
import type { ClosedRecord } from './closed.ts'
import { type Known, nothingKnown } from './known.ts'
import type { Seating } from './seats.ts'

/** What a hub finds again after a reboot without the server. Each file is replaced as a whole, and has a double but for seats. */
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

/** Also where a file of it is damaged or gone: what that was. */
export async function loadKnown(
  machine: Machine,
  state: string,
): Promise<{ known: Known; damage: readonly string[] }> {
  const paths = memoryPaths(state)
  const stored = await find(machine, paths.known, hubKnown)
  const ids = await find(machine, paths.revoked, hubRevoked)
  const revoked = new Set(ids.value as string[] | undefined)
  const damage = [stored, ids].flatMap((one) => one.damage ?? [])
  if (stored.value === undefined) return { known: { ...nothingKnown, revoked }, damage }
  const { position, config, configHash, nodes, hosts } = stored.value as StoredKnown
  const known = {
    ...{ position, config, configHash, revoked },
    nodes: new Map(nodes.map((node) => [node.id, node])),
    hosts: new Map(hosts.map((host) => [host.id, host])),
  }
  return { known, damage }
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
  if (now.revoked.size !== before?.revoked.size) await keepTwice(machine, revoked, [...now.revoked])
  const { nodes, hosts, revoked: _, ...rest } = now
  const value = { ...rest, nodes: [...nodes.values()], hosts: [...hosts.values()] }
  await keepTwice(machine, known, value)
}

export async function keepSeats(machine: Machine, state: string, now: Seats): Promise<void> {
  const seats = [...now.seats].map(([node, seating]) => ({ node, ...seating }))
  await keep(machine, memoryPaths(state).seats, { seats, closed: now.closed })
}

async function keepTwice(machine: Machine, path: string, value: unknown): Promise<void> {
  await Promise.all([path, copyOf(path)].map((one) => keep(machine, one, value)))
}

async function keep(machine: Machine, path: string, value: unknown): Promise<void> {
  await machine.writeFile(path, { content: Buffer.from(`${JSON.stringify(value)}\n`), mode: 0o600 })
}

async function find(machine: Machine, path: string, schema: object): ReturnType<typeof lookTwice> {
  const found = await lookTwice(machine, { path, copy: copyOf(path) }, schema)
  if (found.value === undefined && found.damage !== undefined)
    throw new DynfarmError('state-damaged', found.damage)
  return found
}

function copyOf(path: string): string {
  return path.replace(/\.json$/, '-copy.json')
}

type StoredKnown = Pick<Known, 'position' | 'config' | 'configHash'> & {
  nodes: Known['nodes'] extends ReadonlyMap<string, infer Node> ? Node[] : never
  hosts: Known['hosts'] extends ReadonlyMap<string, infer Host> ? Host[] : never
}

type StoredSeats = { seats: ({ node: string } & Seating)[]; closed?: ClosedRecord } | undefined
