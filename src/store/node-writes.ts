import type { NodeRecord, NodeState, Sighting, Time } from '../protocol/records.ts'
import type { Context } from './context.ts'
import { hubsToSeed } from './hosts.ts'
import { nodeReads } from './node-reads.ts'
import { freeSlot, releaseSlot, type SlotAnswer, type SlotRequest, takeSlot } from './slots.ts'
import { join, only, sql } from './sql.ts'
import { concernsHubs, nodeTable } from './tables.ts'

type NewNode = Omit<NodeRecord, 'generation' | 'freed'>
/** Slots are given and freed by operations of their own. */
type NodeChange = Partial<
  Omit<NodeRecord, 'id' | 'site' | 'role' | 'slot' | 'name' | 'generation' | 'freed' | 'created'>
>

export function nodeWrites(context: Context) {
  return {
    freeSlot: (request: SlotRequest): Promise<SlotAnswer> => freeSlot(context, request),
    insert: async (node: NewNode): Promise<void> => {
      const generation = await context.generation()
      await context.run(nodeTable.insert({ ...node, generation, freed: null }))
      if (node.slot !== null) await takeSlot(context, { ...node, node: node.id, slot: node.slot })
    },
    /** Gives slot, name and addresses to a node that waited for approval. */
    giveSlot: async (node: SlotGift): Promise<void> => {
      const { site, role } = await waiting(context, node.id)
      await update(context, node.id, { ...node })
      await takeSlot(context, { site, role, node: node.id, slot: node.slot })
    },
    /** Tells the hubs when the change concerns them. False when no such node lives. */
    update: (id: string, change: NodeChange): Promise<boolean> => update(context, id, change),
    /** Ends the node: slot, name and keys are for others again, the slot after its rest. */
    free: (id: string, freeing: Freeing): Promise<boolean> => freeNode(context, id, freeing),
    /** Keeps what hubs say of nodes; it concerns no hub, and an unknown node is passed over. */
    see: async (sightings: readonly Sighting[]): Promise<void> => {
      const latest = latestOfEach(sightings)
      for (let from = 0; from < latest.length; from += sightingsAtOnce)
        await see(context, latest.slice(from, from + sightingsAtOnce))
    },
    /**
     * Forgets nodes that were freed before then. Hubs that are behind take a snapshot; what they have to tell a
     * store that was restored is waited for.
     */
    prune: async (before: Time): Promise<number> => {
      if ((await hubsToSeed(context)).length > 0) return 0
      const old = sql`from nodes where freed < ${before}`
      const row = await only(context, sql`select coalesce(max(generation), 0) as last ${old}`)
      const last = Number(row['last'])
      await context.run(sql`update meta set feed_floor = ${last} where feed_floor < ${last}`)
      await context.run(sql`delete from seen where node in (select id ${old})`)
      return context.run(sql`delete ${old}`)
    },
  }
}

export interface Freeing {
  readonly state: NodeState
  readonly at: Time
  readonly restUntil: Time
}

interface SlotGift {
  readonly id: string
  readonly slot: number
  readonly name: string
  readonly addresses: readonly string[]
  readonly state: NodeState
}

export async function update(
  context: Context,
  id: string,
  change: Partial<NodeRecord>,
): Promise<boolean> {
  const fields = concernsHubs(change)
    ? sql`${nodeTable.assign({ ...change, generation: await context.generation() })}, seeded = null`
    : nodeTable.assign(change)
  return (
    (await context.run(sql`update nodes set ${fields} where id = ${id} and freed is null`)) === 1
  )
}

export async function freeNode(context: Context, id: string, freeing: Freeing): Promise<boolean> {
  await releaseSlot(context, id, freeing.restUntil)
  return update(context, id, { state: freeing.state, freed: freeing.at })
}

async function waiting(context: Context, id: string): Promise<NodeRecord> {
  const node = await nodeReads(context).byId(id)
  if (node?.slot !== null) throw new Error(`no node "${id}" waits for a slot`)
  return node
}

const sightingsAtOnce = 200

function latestOfEach(sightings: readonly Sighting[]): Sighting[] {
  const inOrder = sightings.toSorted((one, other) => one.at - other.at)
  return [...new Map(inOrder.map((sighting) => [sighting.node, sighting])).values()]
}

async function see(context: Context, sightings: readonly Sighting[]): Promise<void> {
  const rows = sightings.map(
    ({ node, at, health }) => sql`(${node}, cast(${at} as bigint), ${JSON.stringify(health)})`,
  )
  await context.run(sql`
    insert into seen (node, at, health)
    select * from (values ${join(rows, ', ')}) as told
    where exists (select 1 from nodes where id = told.column1)
    on conflict (node) do update set at = excluded.at, health = excluded.health
    where excluded.at >= seen.at`)
}
