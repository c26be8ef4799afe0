import type { SlotRole, Time } from '../protocol/records.ts'
import { hubsToSeed } from './hosts.ts'
import { first, only, type Query, type Sql, sql } from './sql.ts'

/** The slots of a site that nodes take, or that its jobs take. */
export interface SlotRange {
  readonly site: string
  readonly role: SlotRole
}

export interface SlotCount extends SlotRange {
  readonly taken: number
  /** Free, and not to be given yet. */
  readonly resting: number
}

export interface SlotRequest extends SlotRange {
  /** Slots go from 1 to this. */
  readonly count: number
  /** Only this one will do. */
  readonly wanted?: number
  readonly at: Time
}

/** `reseeding`: the store was restored, and hubs have yet to say which slots are in use. */
export type SlotAnswer =
  | { readonly slot: number }
  | { readonly refused: 'full' | 'taken' | 'resting' | 'outside' | 'reseeding' }

/** The lowest slot that is free and not resting. It is taken by the node that is then inserted with it. */
export async function freeSlot(connection: Sql, request: SlotRequest): Promise<SlotAnswer> {
  if ((await hubsToSeed(connection)).length > 0) return { refused: 'reseeding' }
  return request.wanted === undefined
    ? lowestSlot(connection, request)
    : oneSlot(connection, request, request.wanted)
}

async function lowestSlot(connection: Sql, request: SlotRequest): Promise<SlotAnswer> {
  const used = await first(
    connection,
    sql`select slot from slots where ${inRange(request)} and node is null
      and free_from <= ${request.at} and slot <= ${request.count} order by slot limit 1`,
  )
  if (used !== undefined) return { slot: Number(used['slot']) }
  const next = (await highestSlot(connection, request)) + 1
  return next <= request.count ? { slot: next } : { refused: 'full' }
}

async function oneSlot(connection: Sql, request: SlotRequest, wanted: number): Promise<SlotAnswer> {
  if (wanted < 1 || wanted > request.count) return { refused: 'outside' }
  const row = await first(
    connection,
    sql`select node, free_from from slots where ${inRange(request)} and slot = ${wanted}`,
  )
  if (row === undefined) return { slot: wanted }
  if (row['node'] !== null) return { refused: 'taken' }
  return Number(row['free_from']) <= request.at ? { slot: wanted } : { refused: 'resting' }
}

/** Every slot up to the highest ever taken has its row, so that the lowest free one is found by index. */
export async function takeSlot(
  connection: Sql,
  { node, slot, ...range }: SlotRange & { node: string; slot: number },
): Promise<void> {
  await fillUp(connection, range, slot - 1)
  const taken = await connection.run(sql`
    insert into slots (site, role, slot, node, free_from)
    values (${range.site}, ${range.role}, ${slot}, ${node}, 0)
    on conflict (site, role, slot) do update set node = excluded.node where slots.node is null`)
  if (taken !== 1) throw new Error(`slot ${slot} of "${range.site}" is taken`)
}

async function fillUp(connection: Sql, range: SlotRange, last: number): Promise<void> {
  const highest = await highestSlot(connection, range)
  if (highest >= last) return
  await connection.run(sql`
    insert into slots (site, role, slot, node, free_from)
    with recursive gap (n) as (
      select cast(${highest + 1} as bigint) union all select n + 1 from gap where n < ${last})
    select ${range.site}, ${range.role}, n, null, 0 from gap`)
}

export async function releaseSlot(connection: Sql, node: string, restUntil: Time): Promise<void> {
  await connection.run(
    sql`update slots set node = null, free_from = ${restUntil} where node = ${node}`,
  )
}

async function highestSlot(connection: Sql, range: SlotRange): Promise<number> {
  const row = await only(
    connection,
    sql`select coalesce(max(slot), 0) as highest from slots where ${inRange(range)}`,
  )
  return Number(row['highest'])
}

export async function countSlots(connection: Sql, at: Time): Promise<SlotCount[]> {
  const rows = await connection.all(sql`
    select site, role, count(node) as taken,
      count(case when node is null and free_from > ${at} then 1 end) as resting
    from slots group by site, role order by site, role`)
  return rows.map(({ site, role, taken, resting }) => ({
    site: String(site),
    role: role as SlotRole,
    taken: Number(taken),
    resting: Number(resting),
  }))
}

function inRange({ site, role }: SlotRange): Query {
  return sql`site = ${site} and role = ${role}`
}
