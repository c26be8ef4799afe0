import type {
  JsonObject,
  NodeBrief,
  NodeReach,
  NodeRecord,
  NodeState,
  NodeSummary,
  Sighting,
  SlotRole,
  Time,
} from '../protocol/records.ts'
import { countSlots, type SlotCount } from './slots.ts'
import { first, join, type Query, type Row, type Sql, sql, when, where } from './sql.ts'
import { briefTable, nodeTable, reachTable, summaryTable } from './tables.ts'

export interface NodeFilter {
  readonly site?: string
  readonly class?: string
  readonly role?: SlotRole
  readonly state?: NodeState
  readonly token?: string
  /** Those that were freed too. */
  readonly freed?: boolean
}

export interface NodeCount {
  readonly site: string
  readonly role: SlotRole
  readonly state: NodeState
  readonly count: number
}

const select = sql`select ${nodeTable.columns} from nodes`
const summaries = sql`
  select ${summaryTable.columns}, seen.at as seen_at, seen.health as seen_health
  from nodes left join seen on seen.node = nodes.id`
const briefs = sql`
  select ${briefTable.columns}, seen.at as seen_at, seen.health as seen_health,
    changed_ssh_host_keys is not null as changed
  from nodes left join seen on seen.node = nodes.id`
const reaches = sql`
  select ${reachTable.columns}, seen.at as seen_at, seen.health as seen_health
  from nodes left join seen on seen.node = nodes.id`
const order = sql`order by nodes.site, nodes.role desc, nodes.slot, nodes.id`

export function nodeReads(connection: Sql) {
  const one = async (condition: Query): Promise<NodeRecord | undefined> => {
    const row = await first(connection, sql`${select} where ${condition}`)
    return row && nodeTable.decode(row)
  }
  const list = async (condition: Query): Promise<NodeSummary[]> => {
    return (await connection.all(sql`${summaries} ${condition} ${order}`)).map(decodeSummary)
  }

  return {
    byId: (id: string) => one(sql`id = ${id}`),
    /** Of those that live. */
    byName: (name: string) => one(sql`name = ${name} and freed is null`),
    /** By its newest certificate or the one before; also of a node that lives no more. */
    byCertificate: (id: string) => one(sql`certificate = ${id} or previous_certificate = ${id}`),
    /** Of those that live. */
    byWireguardKey: (key: string) => one(sql`wireguard_key = ${key} and freed is null`),
    /** Of those that live; the key of the certificate, by its hash. */
    byPublicKey: (hash: string) => one(sql`public_key = ${hash} and freed is null`),
    /** The living node that this token and key made since then: its answer was lost, and is asked for again. */
    byTokenAndKey: (made: { token: string; publicKey: string; since: Time }) =>
      one(sql`token = ${made.token} and public_key = ${made.publicKey}
        and created >= ${made.since} and freed is null`),
    /** All that ever had that name and are not forgotten yet: who lives first, then the last that was freed. */
    namesakes: async (name: string): Promise<NodeRecord[]> => {
      const order = sql`order by freed is not null, freed desc, id`
      const rows = await connection.all(sql`${select} where name = ${name} ${order}`)
      return rows.map(nodeTable.decode)
    },
    /** What hubs said of it last. */
    sighting: async (id: string): Promise<Sighting | undefined> => {
      const row = await first(connection, sql`select at, health from seen where node = ${id}`)
      return row && { node: id, at: Number(row['at']), health: JSON.parse(String(row['health'])) }
    },
    /** What hubs said last of each that lives. */
    healths: async (): Promise<JsonObject[]> => {
      const rows = await connection.all(sql`
        select seen.health from seen join nodes on nodes.id = seen.node where nodes.freed is null`)
      return rows.map(({ health }) => JSON.parse(String(health)))
    },
    list: (filter: NodeFilter = {}) => list(matching(filter)),
    /** Of those that live; a bounded number of ids at a time. */
    byIds: async (ids: readonly string[]): Promise<NodeSummary[]> =>
      ids.length === 0 ? [] : list(sql`where nodes.id in (${listed(ids)}) and nodes.freed is null`),
    briefs: async (filter: NodeFilter = {}): Promise<NodeBrief[]> =>
      (await connection.all(sql`${briefs} ${matching(filter)} ${order}`)).map(decodeBrief),
    /** Machines that have a name, for who goes to them. */
    reaches: async (filter: Pick<NodeFilter, 'site'>): Promise<NodeReach[]> => {
      const wanted = sql`${matching({ ...filter, role: 'node' })} and nodes.name is not null`
      const rows = await connection.all(sql`${reaches} ${wanted} ${order}`)
      return rows.map((row) => ({ ...reachTable.decode(row), ...decodeSeen(row) }))
    },
    /** Changed host keys that nobody has accepted, which no generation tells of. */
    changedKeys: (): Promise<Row[]> =>
      connection.all(sql`
        select id, changed_ssh_host_keys from nodes
        where changed_ssh_host_keys is not null and freed is null order by id`),
    /** Living nodes of whom neither hubs nor they themselves have said anything since then. */
    silent: (range: { site: string; role: SlotRole; since: Time }) =>
      list(sql`where nodes.site = ${range.site} and nodes.role = ${range.role}
        and nodes.freed is null and nodes.created < ${range.since}
        and coalesce(nodes.joined, 0) < ${range.since}
        and coalesce(nodes.reported, 0) < ${range.since} and coalesce(seen.at, 0) < ${range.since}`),
    slotCounts: (at: Time): Promise<SlotCount[]> => countSlots(connection, at),
    counts: async (): Promise<NodeCount[]> => {
      const rows = await connection.all(sql`
        select site, role, state, count(*) as count from nodes where freed is null
        group by site, role, state order by site, role, state`)
      return rows.map((row) => ({ ...row })) as unknown as NodeCount[]
    },
  }
}

function listed(values: readonly string[]): Query {
  return join(
    values.map((value) => sql`${value}`),
    ', ',
  )
}

function matching(filter: NodeFilter): Query {
  return where([
    filter.freed === true ? undefined : sql`nodes.freed is null`,
    when(filter.site, (site) => sql`nodes.site = ${site}`),
    when(filter.class, (name) => sql`nodes.class = ${name}`),
    when(filter.role, (role) => sql`nodes.role = ${role}`),
    when(filter.state, (state) => sql`nodes.state = ${state}`),
    when(filter.token, (token) => sql`nodes.token = ${token}`),
  ])
}

function decodeSummary(row: Row): NodeSummary {
  return { ...summaryTable.decode(row), ...decodeSeen(row) }
}

/** SQLite has numbers for truth. */
function decodeBrief(row: Row): NodeBrief {
  const hostKeysChanged = Boolean(row['changed'])
  return { ...briefTable.decode(row), ...decodeSeen(row), hostKeysChanged }
}

function decodeSeen({ seen_at: at, seen_health: health }: Row) {
  return {
    lastSeen: at as Time | null,
    health: typeof health === 'string' ? JSON.parse(health) : null,
  }
}
