import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { openSession } from './context.ts'
import type { Engine, EngineOptions } from './engine.ts'
import { asFailure, type Fault, storeFailure } from './failures.ts'
import type { Writer } from './group.ts'
import { makePrivate } from './mark.ts'
import { sqliteDialect } from './migrations.ts'
import { prepare } from './prepare.ts'
import { withPatience } from './retry.ts'
import type { Query, Row, Sql } from './sql.ts'
import type { Watchers } from './watch.ts'

/** A statement waits this long for another process by itself, and holds up all else meanwhile. */
const busyTimeout = 100

export async function openSqlite(path: string, options: EngineOptions): Promise<Engine> {
  const databases: DatabaseSync[] = []
  const close = async (): Promise<void> => {
    for (const database of databases.splice(0)) database.close()
  }
  try {
    makePrivate(path)
    const database = new DatabaseSync(path, { timeout: busyTimeout })
    databases.push(database)
    const writer = makeWriter(database, options.watchers)
    const opened = await withPatience(() => {
      makeDurable(database)
      return prepare(writer, { ...options, dialect: sqliteDialect })
    }, isPassing)
    const reader = new DatabaseSync(path, { timeout: busyTimeout, readOnly: true })
    databases.unshift(reader)
    return { opened, writer, read: makeReader(reader), close }
  } catch (error) {
    await close()
    throw asFailure(error, judge(error) === 'damaged' ? 'damaged' : 'fatal')
  }
}

function makeDurable(database: DatabaseSync): void {
  const mode = database.prepare('pragma journal_mode = wal').get()?.['journal_mode']
  if (mode !== 'wal')
    throw storeFailure('store-unavailable', 'the file system of the store takes no write-ahead log')
  database.exec('pragma synchronous = full')
}

function makeWriter(database: DatabaseSync, watchers: Watchers): Writer {
  let broken: unknown
  return {
    ...makeSql(database),
    begin: async () => {
      if (broken !== undefined) throw broken
      database.exec('begin immediate')
    },
    commit: async ({ announce }) => {
      try {
        database.exec('commit')
      } catch (error) {
        // What a failed sync left on the disk is known to nobody until the file is read anew.
        if (primaryCode(error) === resultCodes.ioError) broken = error
        throw error
      }
      if (announce) watchers.wake()
    },
    rollback: async () => {
      if (database.isTransaction) database.exec('rollback')
    },
    judge,
    supervise,
  }
}

/** Reads take turns, each in a transaction of its own. */
function makeReader(database: DatabaseSync): Engine['read'] {
  const connection = makeSql(database)
  let turn: Promise<unknown> = Promise.resolve()
  return (work) => {
    const result = turn.then(() => readOnce(database, connection, work))
    turn = result.catch(() => {})
    return result
  }
}

async function readOnce<T>(
  database: DatabaseSync,
  connection: Sql,
  work: (connection: Sql) => Promise<T>,
): Promise<T> {
  const session = openSession(connection)
  try {
    database.exec('begin')
    return await supervise(() => work(session.context))
  } catch (error) {
    throw asFailure(error, judge(error))
  } finally {
    session.ended = true
    if (database.isTransaction) database.exec('rollback')
  }
}

const statementsKept = 500

function makeSql(database: DatabaseSync): Sql {
  const statements = new Map<string, StatementSync>()
  const prepared = (query: Query): StatementSync => {
    const text = query.parts.join('?')
    const known = statements.get(text)
    if (known !== undefined) return known
    if (statements.size >= statementsKept) statements.clear()
    const statement = database.prepare(text)
    statements.set(text, statement)
    return statement
  }
  return {
    all: async (query): Promise<Row[]> => prepared(query).all(...query.values),
    run: async (query) => Number(prepared(query).run(...query.values).changes),
  }
}

/**
 * Statements are done at once here, so a transaction is through before the next turn of the event loop,
 * unless its code waits for something else: then it would hold up every other, and is refused.
 */
async function supervise<T>(work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Immediate | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new Error('a transaction waits for something other than its own statements')
    timer = setImmediate(() => reject(error))
  })
  try {
    return await Promise.race([work(), late])
  } finally {
    clearImmediate(timer)
  }
}

const resultCodes = {
  busy: 5,
  locked: 6,
  noMemory: 7,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
} as const

const faults: ReadonlyMap<number | undefined, Fault> = new Map([
  [resultCodes.busy, 'passing'],
  [resultCodes.locked, 'passing'],
  [resultCodes.noMemory, 'fatal'],
  [resultCodes.readOnly, 'fatal'],
  [resultCodes.ioError, 'fatal'],
  [resultCodes.corrupt, 'damaged'],
  [resultCodes.full, 'fatal'],
  [resultCodes.cannotOpen, 'fatal'],
  [resultCodes.notADatabase, 'damaged'],
])

function judge(error: unknown): Fault {
  return faults.get(primaryCode(error)) ?? 'work'
}

function isPassing(error: unknown): boolean {
  return judge(error) === 'passing'
}

/** SQLite's extended codes carry the primary one in their low byte. */
function primaryCode(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
}
