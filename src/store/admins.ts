import type { AdminRecord, Time } from '../protocol/records.ts'
import { first, type Query, type Sql, sql } from './sql.ts'
import { adminTable } from './tables.ts'

const select = sql`select ${adminTable.columns} from admins`

export function adminReads(connection: Sql) {
  const one = async (condition: Query): Promise<AdminRecord | undefined> => {
    const row = await first(connection, sql`${select} where ${condition}`)
    return row && adminTable.decode(row)
  }

  return {
    /** Also of one that was revoked. */
    byCertificate: (id: string) => one(sql`certificate = ${id}`),
    /** Of those that were not revoked. */
    byName: (name: string) => one(sql`name = ${name} and revoked is null`),
    list: async (): Promise<AdminRecord[]> =>
      (await connection.all(sql`${select} order by name, created, id`)).map(adminTable.decode),
  }
}

export function adminWrites(connection: Sql) {
  return {
    insert: async (admin: Omit<AdminRecord, 'revoked'>): Promise<void> => {
      await connection.run(adminTable.insert({ ...admin, revoked: null }))
    },
    revoke: async (id: string, at: Time): Promise<boolean> =>
      (await connection.run(
        sql`update admins set revoked = ${at} where id = ${id} and revoked is null`,
      )) === 1,
  }
}
