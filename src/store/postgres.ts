import pg from 'pg'
import type { Connection } from './connection.ts'
import { openSession } from './context.ts'
import type { Engine, EngineOptions } from './engine.ts'
import { asFailure } from './failures.ts'
import type { Writer } from './group.ts'
import type { Opened } from './lineage.ts'
import { postgresDialect } from './migrations.ts'
import { type Client, clientConfig, judge, makeSql } from './postgres-client.ts'
import { channel, listen } from './postgres-listen.ts'
import { prepare } from './prepare.ts'
import { withPatience } from './retry.ts'
import { raw, type Sql, sql } from './sql.ts'

/** So many reads at the same time. */
const readers = 4
/** Servers that open the same database wait for one another; the number is ours alone. */
const openingLock = 0x64796e66

export async function openPostgres(url: string, options: EngineOptions): Promise<Engine> {
  const config = clientConfig(url)
  const session = makeSession(config, options)
  const isPassing = (error: unknown): boolean => judge(error) === 'passing'
  try {
    const opened = await withPatience(session.connect, isPassing)
    const pool = new pg.Pool({ ...config, max: readers })
    pool.on('error', () => {})
    const listener = listen(config, options.watchers)
    const close = async (): Promise<void> => {
      await Promise.all([session.close(), pool.end(), listener.close()])
    }
    const read: Engine['read'] = (work) => withPatience(() => readOnce(pool, work), isPassing)
    return { opened, writer: session.writer, read: (work) => read(work).catch(rethrow), close }
  } catch (error) {
    await session.close()
    throw asFailure(error, judge(error) === 'damaged' ? 'damaged' : 'fatal')
  }
}

/** What the work of a read threw of its own, which says nothing of the database. */
class WorkFailure extends Error {}

function rethrow(error: unknown): never {
  if (error instanceof WorkFailure) throw error.cause
  throw asFailure(error, judge(error))
}

interface Session {
  readonly writer: Writer
  connect(): Promise<Opened>
  close(): Promise<void>
}

/** The one connection that writes, made anew when it is lost. */
function makeSession(config: pg.ClientConfig, options: EngineOptions): Session {
  let client: Client | undefined

  const drop = async (): Promise<void> => {
    const dropped = client
    client = undefined
    await dropped?.end().catch(() => {})
  }
  /** A connection that does not answer is not waited for. */
  const giveUp = (): void => void drop()
  const connect = async (): Promise<Opened> => {
    const fresh = new pg.Client(config)
    client = fresh
    const gone = (): void => {
      if (client === fresh) client = undefined
    }
    fresh.on('error', gone).on('end', gone)
    try {
      await fresh.connect()
      await keepDurable(fresh)
      return await prepare(exclusive(makeConnection(fresh)), {
        ...options,
        dialect: postgresDialect,
      })
    } catch (error) {
      giveUp()
      throw error
    }
  }
  const current = (): Connection => {
    if (client === undefined) throw new ConnectionLost('the connection was lost')
    return makeConnection(client)
  }
  const writer: Writer = {
    all: async (query) => current().all(query),
    run: async (query) => current().run(query),
    begin: async () => {
      if (client === undefined) await connect()
      await current().begin()
    },
    commit: async (how) => current().commit(how),
    rollback: () => (client === undefined ? Promise.resolve() : current().rollback().catch(giveUp)),
    judge: (error) => (error instanceof ConnectionLost ? 'passing' : judge(error)),
    supervise: (work) => work(),
  }
  return { writer, connect, close: drop }
}

class ConnectionLost extends Error {}

function makeConnection(client: Client): Connection {
  const connection = makeSql(client)
  return {
    ...connection,
    begin: async () => void (await client.query('begin')),
    commit: async ({ announce }) => {
      if (announce) await connection.all(sql`select pg_notify(${channel}, '')`)
      await client.query('commit')
    },
    rollback: async () => void (await client.query('rollback')),
  }
}

/** Lets one server at a time look at the schema and begin a run. */
function exclusive(connection: Connection): Connection {
  return {
    ...connection,
    begin: async () => {
      await connection.begin()
      await connection.all(raw(`select pg_advisory_xact_lock(${openingLock})`))
    },
  }
}

/** Whatever the database's default is: an answer that was given must outlive a crash. */
async function keepDurable(client: Client): Promise<void> {
  await client.query(
    `select set_config('synchronous_commit', 'on', false)
     where current_setting('synchronous_commit') = 'off'`,
  )
}

async function readOnce<T>(pool: pg.Pool, work: (connection: Sql) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  const session = openSession(makeSql(client))
  try {
    await client.query('begin isolation level repeatable read read only')
    const result = await doWork(session, work)
    await client.query('commit')
    client.release()
    return result
  } catch (error) {
    // The connection goes with the transaction that failed on it.
    client.release(true)
    throw error
  } finally {
    session.ended = true
  }
}

async function doWork<T>(
  session: ReturnType<typeof openSession>,
  work: (connection: Sql) => Promise<T>,
): Promise<T> {
  try {
    return await work(session.context)
  } catch (error) {
    throw session.failure ?? new WorkFailure('the work failed', { cause: error })
  }
}
