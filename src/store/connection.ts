import { openSession } from './context.ts'
import { joinLineage, type Opened, readMarker } from './lineage.ts'
import type { Mark } from './mark.ts'
import { migrate } from './migrate.ts'
import type { Dialect } from './migrations.ts'
import type { Sql } from './sql.ts'

/** A connection on which transactions can be begun. */
export interface Connection extends Sql {
  /** Connects where need be. */
  begin(): Promise<void>
  /** Durable when it returns. `announce` wakes who watches the store. */
  commit(options: { announce: boolean }): Promise<void>
  /** Never throws: a connection that cannot roll back is given up. */
  rollback(): Promise<void>
}

export async function transact<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  try {
    await connection.begin()
    const result = await work()
    await connection.commit({ announce: true })
    return result
  } catch (error) {
    await connection.rollback()
    throw error
  }
}

interface Preparation {
  readonly dialect: Dialect
  readonly mark: Mark
  readonly now: () => number
}

/** What is due on each new connection that writes, before anything else: the schema, and the lineage. */
export async function prepare(
  connection: Connection,
  { dialect, mark, now }: Preparation,
): Promise<Opened> {
  await migrate(connection, { dialect })
  const { opened, marker } = await transact(connection, async () => {
    const { context } = openSession(connection)
    const opened = await joinLineage(context, mark.last(), now())
    return { opened, marker: await readMarker(connection) }
  })
  mark.note(marker)
  return opened
}
