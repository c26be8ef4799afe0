import pg from 'pg'
import type { Fault } from './failures.ts'
import type { Query, Row, Sql } from './sql.ts'

export type Client = pg.ClientBase & { end(): Promise<void> }

/**
 * Limits in milliseconds. A server that stands still in the middle of a transaction is put out by the
 * database, so that the others go on.
 */
const limits = {
  connectionTimeoutMillis: 5_000,
  idle_in_transaction_session_timeout: 10_000,
  lock_timeout: 15_000,
  statement_timeout: 30_000,
  query_timeout: 40_000,
} as const

export function clientConfig(url: string): pg.ClientConfig {
  return {
    ...limits,
    connectionString: url,
    application_name: 'dynfarm',
    keepAlive: true,
    types: { getTypeParser },
  }
}

/** Its bigint comes as text; ours are all times and counters below 2^53. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: unknown) =>
  oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format as 'text')

export function makeSql(client: pg.ClientBase): Sql {
  return {
    all: async (query): Promise<Row[]> => (await client.query(render(query))).rows,
    run: async (query) => (await client.query(render(query))).rowCount ?? 0,
  }
}

/** Not prepared by name: a plan that was made for small tables would be kept while they grow. */
function render({ parts, values }: Query): pg.QueryConfig {
  const text = parts.map((part, index) => (index === 0 ? part : `$${index}${part}`)).join('')
  return { text, values: [...values] }
}

/** What passes, by SQLSTATE and its classes: connection, resources, shutdown, conflict, stand-by. */
const passing = /^(?:08|53|57P|40|25P03|25006|55P03)/
const damaged = /^XX00[12]/
const workOnly = /^[0-9A-Z]{5}$/
const network = /^E(?:CONN|PIPE|NOENT|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_AGAIN|NOTFOUND)/
const lost = /^Connection terminated|^Client has encountered|^timeout exceeded|^Query read timeout/

/** To be asked of what a statement or a connection threw, and of nothing else. */
export function judge(error: unknown): Fault {
  if (!(error instanceof Error)) return 'work'
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (passing.test(code) || network.test(code) || lost.test(error.message)) return 'passing'
  if (damaged.test(code)) return 'damaged'
  return workOnly.test(code) || code === '' ? 'work' : 'fatal'
}
