import type { Writer } from './group.ts'
import type { Opened } from './lineage.ts'
import type { Mark } from './mark.ts'
import type { Sql } from './sql.ts'
import type { Watchers } from './watch.ts'

/** A database, opened: its schema is the newest, its lineage is known. */
export interface Engine {
  readonly opened: Opened
  readonly writer: Writer
  /** Runs queries that see one committed state of the database. */
  read<T>(work: (connection: Sql) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface EngineOptions {
  readonly mark: Mark
  readonly watchers: Watchers
  readonly now: () => number
}
