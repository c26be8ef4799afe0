import { randomBytes, randomInt } from 'node:crypto'
import type { Position, Time } from '../protocol/records.ts'
import { appendAudit } from './audit.ts'
import type { Context } from './context.ts'
import type { Marker } from './mark.ts'
import { first, only, type Sql, sql } from './sql.ts'

/**
 * Where a store comes from, so that one that was restored from a backup is recognised.
 *
 * Each time a server opens the store it begins a run: the generation jumps ahead by a random number. A
 * store that was restored and went on gives other generations than the lost one did, and a mark or a hub
 * that holds a generation of the lost one holds one that lies in no run of this store.
 */

export interface Opened {
  /** The database was empty. */
  readonly created: boolean
  /** Why the store was taken for a restored one and began a new epoch. */
  readonly restored: string | undefined
}

export type Standing = 'known' | 'other-epoch' | 'never-given'

/** Runs further back than this are forgotten; who comes from one is taken for restored. */
const runsKept = 1000

export async function joinLineage(
  context: Context,
  mark: Marker | undefined,
  at: Time,
): Promise<Opened> {
  const created = (await first(context, sql`select epoch from meta`)) === undefined
  if (created) await createMeta(context, at)
  const restored = created || mark === undefined ? undefined : await findRestored(context, mark)
  await beginRun(context)
  await context.run(sql`update meta set commits = commits + 1`)
  if (restored !== undefined) await renewEpoch(context, { reason: restored, at, actor: 'server' })
  return { created, restored }
}

async function createMeta(connection: Sql, at: Time): Promise<void> {
  const epoch = randomEpoch()
  await connection.run(sql`
    insert into meta (one, epoch, generation, feed_floor, commits, anchor_sequence, anchor_hash)
    values (1, ${epoch}, 0, 0, 0, 0, '')`)
  await connection.run(
    sql`insert into epochs (epoch, start, begun, reason) values (${epoch}, 0, ${at}, 'created')`,
  )
}

async function findRestored(connection: Sql, mark: Marker): Promise<string | undefined> {
  const standing = await standingOf(connection, mark)
  const now = await readMarker(connection)
  if (standing === 'never-given') return 'the mark beside the store is from another history'
  if (standing === 'other-epoch') return undefined
  return mark.commits > now.commits ? 'the store is older than the mark beside it' : undefined
}

async function hadEpoch(connection: Sql, epoch: string): Promise<boolean> {
  return (await first(connection, sql`select 1 from epochs where epoch = ${epoch}`)) !== undefined
}

async function beginRun(connection: Sql): Promise<void> {
  await connection.run(sql`update runs set last = (select generation from meta) where last is null`)
  const jump = randomInt(2 ** 20, 2 ** 31)
  await connection.run(sql`update meta set generation = generation + ${jump}`)
  await connection.run(sql`insert into runs (first, last) select generation, null from meta`)
  await connection.run(sql`
    delete from runs where first < (select first from runs order by first desc limit 1 offset ${runsKept})`)
}

export interface Renewal {
  readonly reason: string
  readonly actor: string
  readonly at: Time
  /** What a hub holds and this store never gave; it is known as another epoch's from now on. */
  readonly lost?: Position
}

/**
 * Begins a new epoch: every hub takes a snapshot and tells what it knows first, and the tokens from before
 * stay closed until an administrator opens them.
 */
export async function renewEpoch(context: Context, renewal: Renewal): Promise<void> {
  const { reason, actor, at, lost } = renewal
  const epoch = randomEpoch()
  const before = await readPosition(context)
  await context.run(sql`delete from runs`)
  await beginRun(context)
  await context.run(sql`update meta set epoch = ${epoch}`)
  await context.run(sql`
    insert into epochs (epoch, start, begun, reason)
    select epoch, generation, ${at}, ${reason} from meta`)
  if (lost !== undefined) await noteLostEpoch(context, lost, at)
  await context.run(sql`update tokens set closed = ${at} where closed is null`)
  context.announce()
  await appendAudit(context, {
    time: at,
    actor,
    action: 'epoch',
    subject: epoch,
    source: null,
    outcome: 'renewed',
    addresses: [],
    detail: { reason, before, ...(lost && { lost }) },
  })
}

async function noteLostEpoch(
  connection: Sql,
  { epoch, generation }: Position,
  at: Time,
): Promise<void> {
  await connection.run(sql`
    insert into epochs (epoch, start, begun, reason) values (${epoch}, ${generation}, ${at}, 'lost')
    on conflict do nothing`)
}

function randomEpoch(): string {
  return randomBytes(8).toString('hex')
}

/** Did this store give such a position? `known`: in its present epoch. */
export async function standingOf(connection: Sql, position: Position): Promise<Standing> {
  const now = await readPosition(connection)
  if (position.epoch !== now.epoch)
    return (await hadEpoch(connection, position.epoch)) ? 'other-epoch' : 'never-given'
  const run = await first(
    connection,
    sql`select 1 from runs where first <= ${position.generation}
      and coalesce(last, ${now.generation}) >= ${position.generation}`,
  )
  return run === undefined ? 'never-given' : 'known'
}

export async function readPosition(connection: Sql): Promise<Position> {
  const { epoch, generation } = await readMarker(connection)
  return { epoch, generation }
}

export async function readMarker(connection: Sql): Promise<Marker> {
  const row = await only(connection, sql`select epoch, generation, commits from meta`)
  return {
    epoch: String(row['epoch']),
    generation: Number(row['generation']),
    commits: Number(row['commits']),
  }
}
