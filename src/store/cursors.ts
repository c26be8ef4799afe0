import type { Time } from '../protocol/records.ts'
import { first, type Sql, sql } from './sql.ts'

/** How far somebody has read the audit, who goes on from there after any restart. */
export interface Cursor {
  readonly sequence: number
  /** Of several servers one reads, until then. */
  readonly holder: string
  readonly until: Time
}

export function cursorReads(connection: Sql) {
  return {
    byName: async (name: string): Promise<Cursor | undefined> => {
      const row = await first(
        connection,
        sql`select sequence, holder, until from cursors where name = ${name}`,
      )
      return row && decode(row)
    },
  }
}

export function cursorWrites(connection: Sql) {
  return {
    put: async (name: string, { sequence, holder, until }: Cursor): Promise<void> => {
      await connection.run(sql`
        insert into cursors (name, sequence, holder, until)
        values (${name}, ${sequence}, ${holder}, ${until})
        on conflict (name) do update
        set sequence = excluded.sequence, holder = excluded.holder, until = excluded.until`)
    },
  }
}

function decode(row: Readonly<Record<string, unknown>>): Cursor {
  const { sequence, holder, until } = row
  return { sequence: Number(sequence), holder: String(holder), until: Number(until) }
}
