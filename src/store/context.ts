import { only, type Query, type Row, type Sql, sql } from './sql.ts'

/** What the writing operations of one transaction share. */
export interface Context extends Sql {
  /** The generation of this transaction's changes, the same at each call. */
  generation(): Promise<number>
  /** Wakes who watches the store, once this is committed. */
  announce(): void
}

/** A context, and what became of it. */
export interface Session {
  readonly context: Context
  announced: boolean
  /** Of the first statement that failed, though the work may have caught it. */
  failure: unknown
  ended: boolean
}

export function openSession(connection: Sql): Session {
  let generation: Promise<number> | undefined
  const session: Session = {
    announced: false,
    failure: undefined,
    ended: false,
    context: {
      all: (query: Query): Promise<Row[]> => attempt(session, () => connection.all(query)),
      run: (query: Query): Promise<number> => attempt(session, () => connection.run(query)),
      announce: () => {
        session.announced = true
      },
      generation: () => {
        session.announced = true
        generation ??= nextGeneration(session.context)
        return generation
      },
    },
  }
  return session
}

async function attempt<T>(session: Session, statement: () => Promise<T>): Promise<T> {
  if (session.ended) throw new Error('a transaction was used after its end')
  try {
    return await statement()
  } catch (error) {
    session.failure ??= error
    throw error
  }
}

async function nextGeneration(connection: Sql): Promise<number> {
  const next = sql`update meta set generation = generation + 1 returning generation`
  return Number((await only(connection, next))['generation'])
}
