import { dirname, join } from 'node:path'
import { renderSpan } from '../client/admin/times.ts'
import { DynfarmError } from '../errors.ts'
import type { Centre } from './centre.ts'
import { makeFolder, readIfThere, writeWhole } from './files/small.ts'
import { type Inventory, parseInventory } from './inventory.ts'
import { remoteFolder, type World } from './world.ts'

export interface Loading {
  now?: () => number
  /** With what changes all the time, as when a node was seen. */
  whole?: boolean
}

/** The nodes by the server, or by the copy of the last contact, whose age is told then. */
export async function loadInventory(
  centre: Centre,
  world: World,
  { now = Date.now, whole = false }: Loading = {},
): Promise<Inventory> {
  const path = join(remoteFolder(world), 'inventory.json')
  const kept = await readKept(path)
  const known = 'tag' in kept && !whole ? { known: kept.tag } : {}
  const answer = await centre.ask('remoteInventory', { query: known })
  if (answer === undefined) return fromKept(kept, { centre, world, now })
  const { time: _, nodes, ...rest } = answer
  if (nodes !== undefined) return keep({ ...rest, nodes, takenAt: now() }, path, world)
  if ('problem' in kept) throw new Error('the server left out nodes that are not known here')
  if (now() - kept.takenAt < freshMs) return kept
  return keep({ ...kept, takenAt: now() }, path, world)
}

/** A copy that is younger is not written again when nothing is new. */
const freshMs = 60_000

type Kept = Inventory | { problem: DynfarmError }

/** One that is damaged is of no matter when the server brings another. */
async function readKept(path: string): Promise<Kept> {
  const text = await readIfThere(path)
  if (text === undefined)
    return { problem: new DynfarmError('inventory-missing', `there is no inventory "${path}"`) }
  try {
    return parseInventory(text, path)
  } catch (error) {
    if (error instanceof DynfarmError) return { problem: error }
    throw error
  }
}

interface Asking {
  centre: Centre
  world: World
  now(): number
}

function fromKept(kept: Kept, { centre, world, now }: Asking): Inventory {
  world.log.warn(`the server does not answer: ${centre.away}`)
  if ('problem' in kept) throw kept.problem
  world.log.warn(`the nodes as they were known ${renderSpan(now() - kept.takenAt)} ago`)
  return kept
}

/** A copy that cannot be kept is missed only when the server is down. */
async function keep(inventory: Inventory, path: string, { log }: World): Promise<Inventory> {
  try {
    await makeFolder(dirname(path))
    await writeWhole(path, JSON.stringify(inventory))
  } catch (error) {
    log.warn(`the nodes are not kept for when the server is down: ${(error as Error).message}`)
  }
  return inventory
}
