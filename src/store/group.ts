import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Connection } from './connection.ts'
import { type Context, openSession, type Session } from './context.ts'
import { asFailure, commitFailure, type Fault, storeFailure } from './failures.ts'
import { readMarker } from './lineage.ts'
import type { Mark } from './mark.ts'
import { withPatience } from './retry.ts'
import { raw, sql } from './sql.ts'

/** The connection that writes. */
export interface Writer extends Connection {
  judge(error: unknown): Fault
  /** Runs a transaction's own code. */
  supervise<T>(work: () => Promise<T>): Promise<T>
}

export interface Group {
  write<T>(work: (context: Context) => Promise<T>): Promise<T>
  /** Commits what waits, and takes no more. */
  drain(): Promise<void>
}

interface Job {
  work(context: Context): Promise<unknown>
  settle(outcome: Outcome): void
}

type Outcome = { readonly value: unknown } | { readonly error: unknown }

/** So many transactions share a commit at most: then other servers, and reads, have their turn. */
const largestBatch = 64

/**
 * Group commit: transactions that wait at the same time run one after the other within one transaction of
 * the database, each in a savepoint of its own. None of them is settled before the commit is durable.
 */
export function makeGroup(writer: Writer, mark: Mark): Group {
  const waiting: Job[] = []
  let running: Promise<void> | undefined
  let closed = false

  const runAll = async (): Promise<void> => {
    while (waiting.length > 0) {
      await nextTurn()
      await runJobs(waiting.splice(0, largestBatch), { writer, mark })
    }
    running = undefined
  }

  return {
    write: <T>(work: (context: Context) => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        if (closed) throw storeFailure('store-unavailable', 'the store is closed')
        const settle = (outcome: Outcome): void =>
          'error' in outcome ? reject(outcome.error) : resolve(outcome.value as T)
        waiting.push({ work, settle })
        running ??= runAll()
      }),
    drain: async () => {
      closed = true
      await running
    },
  }
}

interface Place {
  readonly writer: Writer
  readonly mark: Mark
}

async function runJobs(jobs: readonly Job[], place: Place): Promise<void> {
  const { writer } = place
  try {
    const attempt = () => runBatch(jobs, place)
    const outcomes = await withPatience(attempt, (error) => writer.judge(error) === 'passing')
    for (const [index, outcome] of outcomes.entries()) jobs[index]?.settle(outcome)
  } catch (error) {
    const failure = asFailure(error, writer.judge(error))
    for (const job of jobs) job.settle({ error: failure })
  }
}

async function runBatch(jobs: readonly Job[], { writer, mark }: Place): Promise<Outcome[]> {
  try {
    await writer.begin()
    await writer.run(sql`update meta set commits = commits + 1`)
    const done = []
    for (const job of jobs) done.push(await runJob(job, writer))
    const announce = done.some(({ announced }) => announced)
    if (done.every(({ outcome }) => 'error' in outcome)) await writer.rollback()
    else await commit({ writer, mark }, announce)
    return done.map(({ outcome }) => outcome)
  } catch (error) {
    await writer.rollback()
    throw error
  }
}

async function commit({ writer, mark }: Place, announce: boolean): Promise<void> {
  const marker = await readMarker(writer)
  try {
    await writer.commit({ announce })
  } catch (error) {
    throw commitFailure(error)
  }
  mark.note(marker)
}

interface Done {
  readonly outcome: Outcome
  readonly announced: boolean
}

async function runJob(job: Job, writer: Writer): Promise<Done> {
  await writer.run(raw('savepoint work'))
  const session = openSession(writer)
  try {
    const value = await writer.supervise(() => job.work(session.context))
    if (session.failure !== undefined) throw session.failure
    await writer.run(raw('release savepoint work'))
    return { outcome: { value }, announced: session.announced }
  } catch (error) {
    await undo(session, writer)
    return { outcome: { error }, announced: false }
  } finally {
    session.ended = true
  }
}

async function undo({ failure }: Session, writer: Writer): Promise<void> {
  if (failure !== undefined && writer.judge(failure) !== 'work') throw failure
  await writer.run(raw('rollback to savepoint work'))
  await writer.run(raw('release savepoint work'))
}
