import { join } from 'node:path'
import type { Engine, EngineOptions } from './engine.ts'
import { asFailure } from './failures.ts'
import { makeGroup } from './group.ts'
import type { Opened } from './lineage.ts'
import { openMark } from './mark.ts'
import { makeReads, makeTx, type Reads, type Tx } from './tx.ts'
import { makeWatchers } from './watch.ts'

export interface Store {
  /** Whether the database was empty, or was restored from a backup and began a new epoch. */
  readonly opened: Opened
  /**
   * A transaction. It is durable when the promise resolves, and undone as a whole when it rejects. Writes are
   * carried out one after the other, also of other servers, so what the work reads stays true to its end.
   *
   * The work waits for nothing but the operations of its `tx`, and has no effect besides them: it may be
   * carried out again when the database was lost on the way.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Reads one committed state. The same holds for the work. */
  read<T>(work: (reads: Reads) => Promise<T>): Promise<T>
  /** Calls back after what hubs are told, or what they acknowledged, changed on any server. Gives the way to end it. */
  watch(listener: () => void): () => void
  /** Commits what waits, and ends. */
  close(): Promise<void>
}

export interface StoreOptions {
  /** `sqlite`, or the address of a PostgreSQL database. */
  readonly database: string
  /** The server's own folder: for SQLite's file, and for the mark by which a restored store is known. */
  readonly folder: string
  readonly now?: () => number
}

export async function openStore({
  database,
  folder,
  now = Date.now,
}: StoreOptions): Promise<Store> {
  const watchers = makeWatchers()
  const mark = openMarkIn(folder)
  try {
    const engine = await openEngine(database, folder, { mark, watchers, now })
    const group = makeGroup(engine.writer, mark)
    const closeAll = async (): Promise<void> => {
      await group.drain()
      await engine.close()
      mark.close()
    }
    let closing: Promise<void> | undefined
    return {
      opened: engine.opened,
      write: (work) => group.write((context) => work(makeTx(context))),
      read: (work) => engine.read((connection) => work(makeReads(connection))),
      watch: watchers.add,
      close: () => {
        closing ??= closeAll()
        return closing
      },
    }
  } catch (error) {
    mark.close()
    throw error
  }
}

function openMarkIn(folder: string): ReturnType<typeof openMark> {
  try {
    return openMark(join(folder, 'store.mark'))
  } catch (error) {
    throw asFailure(error, 'fatal')
  }
}

/** A server loads one of the two. */
async function openEngine(
  database: string,
  folder: string,
  options: EngineOptions,
): Promise<Engine> {
  if (database === 'sqlite') {
    const { openSqlite } = await import('./sqlite.ts')
    return openSqlite(join(folder, 'store.db'), options)
  }
  const { openPostgres } = await import('./postgres.ts')
  return openPostgres(database, options)
}
