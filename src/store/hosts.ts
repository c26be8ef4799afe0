import type { HostRecord, HostRole, JsonObject, Position, Time } from '../protocol/records.ts'
import type { Context } from './context.ts'
import { readPosition, type Standing, standingOf } from './lineage.ts'
import { first, type Query, type Sql, sql, when, where } from './sql.ts'
import { hostTable } from './tables.ts'

type Kept =
  | 'generation'
  | 'revoked'
  | 'acknowledgedEpoch'
  | 'acknowledgedGeneration'
  | 'acknowledged'
  | 'seededEpoch'
  | 'health'
type NewHost = Omit<HostRecord, Kept>
type HostChange = Partial<Omit<NewHost, 'id' | 'role' | 'name' | 'created'>>

const select = sql`select ${hostTable.columns} from hosts`

export function hostReads(connection: Sql) {
  const one = async (condition: Query): Promise<HostRecord | undefined> => {
    const row = await first(connection, sql`${select} where ${condition}`)
    return row && hostTable.decode(row)
  }

  return {
    byId: (id: string) => one(sql`id = ${id}`),
    /** By its newest certificate or the one before; also of a host that was revoked. */
    byCertificate: (id: string) => one(sql`certificate = ${id} or previous_certificate = ${id}`),
    /** Of those that were not revoked. */
    byName: (role: HostRole, name: string) =>
      one(sql`role = ${role} and name = ${name} and revoked is null`),
    list: async (filter: { role?: HostRole } = {}): Promise<HostRecord[]> => {
      const conditions = where([when(filter.role, (role) => sql`role = ${role}`)])
      const rows = await connection.all(
        sql`${select} ${conditions} order by role, name, created, id`,
      )
      return rows.map(hostTable.decode)
    },
    /** The hubs that have yet to tell a restored store what they know; until then no slot is given. */
    toSeed: () => hubsToSeed(connection),
  }
}

export function hostWrites(context: Context) {
  const change = async (id: string, fields: Query): Promise<boolean> => {
    const generation = await context.generation()
    return (
      (await context.run(
        sql`update hosts set ${fields}, generation = ${generation} where id = ${id} and revoked is null`,
      )) === 1
    )
  }

  return {
    insert: async (host: NewHost): Promise<void> => {
      const generation = await context.generation()
      const { epoch } = await readPosition(context)
      await context.run(hostTable.insert({ ...host, ...unheard, generation, seededEpoch: epoch }))
    },
    update: (id: string, fields: HostChange): Promise<boolean> =>
      change(id, hostTable.assign(fields)),
    revoke: (id: string, at: Time): Promise<boolean> => change(id, sql`revoked = ${at}`),
    /** Notes what a hub has in force. `never-given`: this store was restored, and needs a new epoch. */
    acknowledge: async (id: string, position: Position, at: Time): Promise<Standing> => {
      const standing = await standingOf(context, position)
      if (standing === 'known') {
        const noted = hostTable.assign({
          acknowledgedEpoch: position.epoch,
          acknowledgedGeneration: position.generation,
          acknowledged: at,
        })
        await context.run(sql`update hosts set ${noted} where id = ${id}`)
        context.announce()
      }
      return standing
    },
    /** Keeps what a host says of its links; it concerns no other. */
    noteHealth: async (id: string, health: JsonObject): Promise<void> => {
      await context.run(sql`update hosts set ${hostTable.assign({ health })} where id = ${id}`)
    },
    /** The hub has told what it knows, or an administrator said not to wait for it. */
    seeded: async (id: string): Promise<void> => {
      await context.run(
        sql`update hosts set seeded_epoch = (select epoch from meta) where id = ${id}`,
      )
    },
  }
}

const unheard = {
  revoked: null,
  acknowledgedEpoch: null,
  acknowledgedGeneration: null,
  acknowledged: null,
  health: null,
} as const

export async function hubsToSeed(connection: Sql): Promise<HostRecord[]> {
  const rows = await connection.all(sql`${select}
    where role = 'hub' and revoked is null and seeded_epoch <> (select epoch from meta) order by name`)
  return rows.map(hostTable.decode)
}
