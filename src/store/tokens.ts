import type { Time, TokenRecord } from '../protocol/records.ts'
import { first, type Sql, sql, when, where } from './sql.ts'
import { tokenTable } from './tables.ts'

const select = sql`select ${tokenTable.columns} from tokens`

export function tokenReads(connection: Sql) {
  return {
    byId: async (id: string): Promise<TokenRecord | undefined> => {
      const row = await first(connection, sql`${select} where id = ${id}`)
      return row && tokenTable.decode(row)
    },
    list: async (filter: { site?: string } = {}): Promise<TokenRecord[]> => {
      const conditions = where([when(filter.site, (site) => sql`site = ${site}`)])
      const rows = await connection.all(sql`${select} ${conditions} order by created, id`)
      return rows.map(tokenTable.decode)
    },
  }
}

export function tokenWrites(connection: Sql) {
  const changesOne = async (query: ReturnType<typeof sql>): Promise<boolean> =>
    (await connection.run(query)) === 1

  return {
    insert: async (token: Omit<TokenRecord, 'used' | 'revoked' | 'closed'>): Promise<void> => {
      const fresh = { used: 0, revoked: null, closed: null }
      await connection.run(tokenTable.insert({ ...token, ...fresh }))
    },
    /** Takes one use. False when there is none left, or the token may not be used at all. */
    countUse: (id: string): Promise<boolean> =>
      changesOne(sql`
        update tokens set used = used + 1
        where id = ${id} and used < uses and revoked is null and closed is null`),
    /** False when there is no such token, or it was revoked before. */
    revoke: (id: string, at: Time): Promise<boolean> =>
      changesOne(sql`update tokens set revoked = ${at} where id = ${id} and revoked is null`),
    /** Lets a token be used again that a restore closed. */
    open: (id: string): Promise<boolean> =>
      changesOne(
        sql`update tokens set closed = null where id = ${id} and closed is not null and revoked is null`,
      ),
  }
}
