import { type Connection, transact } from './connection.ts'
import { openSession } from './context.ts'
import { joinLineage, type Opened, readMarker } from './lineage.ts'
import type { Mark } from './mark.ts'
import { migrate } from './migrate.ts'
import type { Dialect } from './migrations.ts'

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
