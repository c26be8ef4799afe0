import type { Time } from '../protocol/records.ts'
import { type Sql, sql } from './sql.ts'

export function proofWrites(connection: Sql) {
  return {
    /** True the first time only. A proof is remembered until it has expired and would be refused for that. */
    useOnce: async (
      proof: string,
      { at, expires }: { at: Time; expires: Time },
    ): Promise<boolean> => {
      await connection.run(sql`delete from proofs where expires < ${at}`)
      const used = await connection.run(
        sql`insert into proofs (proof, expires) values (${proof}, ${expires}) on conflict do nothing`,
      )
      return used === 1
    },
  }
}
