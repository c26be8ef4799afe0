import { DynfarmError } from '../errors.ts'
import { type Connection, transact } from './connection.ts'
import { type Dialect, migrations } from './migrations.ts'
import { only, raw, type Sql, sql } from './sql.ts'

interface Options {
  readonly dialect: Dialect
  /** Other than the program's own only in tests. */
  readonly wanted?: readonly (readonly string[])[]
}

/** Brings the schema to the newest version, each step in a transaction of its own. */
export async function migrate(
  connection: Connection,
  { dialect, wanted = migrations }: Options,
): Promise<void> {
  const step = { dialect, wanted }
  while (await transact(connection, () => migrateOnce(connection, step)));
}

async function migrateOnce(
  connection: Connection,
  { dialect, wanted }: Required<Options>,
): Promise<boolean> {
  const version = await readVersion(connection, dialect)
  refuseNewer(version, wanted.length)
  const statements = wanted[version]
  if (statements === undefined) return false
  for (const statement of statements) await connection.run(raw(dialect(statement)))
  await connection.run(sql`update schema_version set version = version + 1`)
  return true
}

async function readVersion(connection: Sql, dialect: Dialect): Promise<number> {
  const table = 'create table if not exists schema_version (version bigint not null)'
  await connection.run(raw(dialect(table)))
  await connection.run(
    sql`insert into schema_version (version) select 0 where not exists (select 1 from schema_version)`,
  )
  return Number((await only(connection, sql`select version from schema_version`))['version'])
}

function refuseNewer(version: number, known: number): void {
  if (version <= known) return
  throw new DynfarmError(
    'store-newer',
    `the store has schema "${version}", and this dynfarm knows none after "${known}"`,
  )
}
