import type { FeedNode, Time } from '../protocol/records.ts'
import type { Context } from './context.ts'
import { freeNode, update } from './node-writes.ts'
import { takeSlot } from './slots.ts'
import { first, only, type Row, sql } from './sql.ts'
import { feedTable, nodeTable } from './tables.ts'

/** What hubs tell a store that was restored: nodes as its lost later history had them. */
export interface Seeding {
  readonly nodes: readonly FeedNode[]
  readonly at: Time
  /** When the slots rest until that turn out to be free. */
  readonly restUntil: Time
}

/** How many nodes the store did not know, knew otherwise, and knew as well or better. */
export interface Seeded {
  readonly added: number
  readonly changed: number
  readonly kept: number
}

type Outcome = keyof Seeded

export async function reseedNodes(context: Context, seeding: Seeding): Promise<Seeded> {
  const counts = { added: 0, changed: 0, kept: 0 }
  for (const node of seeding.nodes) counts[await reseed(context, node, seeding)] += 1
  return counts
}

async function reseed(context: Context, seed: FeedNode, seeding: Seeding): Promise<Outcome> {
  const row = await first(context, sql`select * from nodes where id = ${seed.id}`)
  if (row === undefined) return add(context, seed, seeding)
  const node = feedTable.decode(row)
  if (node.freed !== null) return 'kept'
  if (await isOutdated(context, seed, row)) return revokeAtLeast(context, seed, node)
  if (seed.freed !== null) return free(context, seed, seeding)
  return overwrite(context, { seed, node, seeding })
}

async function add(context: Context, seed: FeedNode, seeding: Seeding): Promise<Outcome> {
  if (seed.freed !== null || (await wasForgotten(context, seed))) return 'kept'
  if (!(await makeRoom(context, seed, seeding))) return 'kept'
  const unknown = {
    changedSshHostKeys: null,
    machine: null,
    token: null,
    report: null,
    facts: {},
    refresh: null,
  }
  const joined = seed.state === 'joining' || seed.state === 'pending' ? null : seed.created
  const generation = await context.generation()
  await context.run(nodeTable.insert({ ...unknown, ...seed, joined, reported: null, generation }))
  await take(context, seed)
  await noteSeed(context, seed)
  return 'added'
}

/** Every node of so old a generation was known here: one that is not was freed and forgotten since. */
async function wasForgotten(context: Context, { generation }: FeedNode): Promise<boolean> {
  const floor = (await only(context, sql`select feed_floor from meta`))['feed_floor']
  return generation <= Number(floor)
}

/** A change that was made in this epoch wins, then what a hub had from the latest generation before it. */
async function isOutdated(context: Context, seed: FeedNode, row: Row): Promise<boolean> {
  const epoch = await only(
    context,
    sql`select start from epochs where epoch = (select epoch from meta)`,
  )
  const { generation, seeded } = row
  if (seeded === null && Number(generation) >= Number(epoch['start'])) return true
  return seed.generation <= Number(seeded ?? generation)
}

/** A hub revokes on its own when there is no server, which makes no generation. */
async function revokeAtLeast(
  context: Context,
  seed: FeedNode,
  { state }: FeedNode,
): Promise<Outcome> {
  if (seed.state !== 'revoked' || state === 'revoked') return 'kept'
  await update(context, seed.id, { state: 'revoked' })
  return 'changed'
}

async function free(
  context: Context,
  { id, state, freed }: FeedNode,
  { at, restUntil }: Seeding,
): Promise<Outcome> {
  await freeNode(context, id, { state, at: freed ?? at, restUntil })
  return 'changed'
}

interface Overwriting {
  readonly seed: FeedNode
  readonly node: FeedNode
  readonly seeding: Seeding
}

async function overwrite(context: Context, { seed, node, seeding }: Overwriting): Promise<Outcome> {
  if (!(await makeRoom(context, seed, seeding)))
    return free(context, { ...seed, state: 'left' }, seeding)
  const state = node.state === 'revoked' ? 'revoked' : seed.state
  const { generation: _, ...known } = seed
  await update(context, seed.id, { ...known, state })
  if (node.slot === null) await take(context, seed)
  await noteSeed(context, seed)
  return 'changed'
}

async function take(context: Context, { id, site, role, slot }: FeedNode): Promise<void> {
  if (slot !== null) await takeSlot(context, { site, role, slot, node: id })
}

async function noteSeed(context: Context, { id, generation }: FeedNode): Promise<void> {
  await context.run(sql`update nodes set seeded = ${generation} where id = ${id}`)
}

/**
 * Of two nodes with one slot, name or key, the one made later has it: the other must have gone before,
 * which this store lost. False when that other is the seed itself.
 */
async function makeRoom(context: Context, seed: FeedNode, seeding: Seeding): Promise<boolean> {
  const rivals = (await findRivals(context, seed)).map(feedTable.decode)
  if (rivals.some(({ created }) => created > seed.created)) return false
  for (const { id } of rivals)
    await freeNode(context, id, { state: 'left', at: seeding.at, restUntil: seeding.restUntil })
  return true
}

function findRivals(context: Context, seed: FeedNode): Promise<Row[]> {
  const { id, site, role, slot, name, wireguardKey } = seed
  return context.all(sql`
    select ${feedTable.columns} from nodes where freed is null and id <> ${id} and (
      (site = ${site} and role = ${role} and slot = ${slot})
      or name = ${name} or wireguard_key = ${wireguardKey})`)
}
