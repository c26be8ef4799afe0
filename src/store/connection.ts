import type { Sql } from './sql.ts'

/** A connection on which transactions can be begun. */
export interface Connection extends Sql {
  /** Connects where need be. */
  begin(): Promise<void>
  /** Durable when it returns. `announce` wakes who watches the store. */
  commit(options: { announce: boolean }): Promise<void>
  /** Never throws: a connection that cannot roll back is given up. */
  rollback(): Promise<void>
}

export async function transact<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  try {
    await connection.begin()
    const result = await work()
    await connection.commit({ announce: true })
    return result
  } catch (error) {
    await connection.rollback()
    throw error
  }
}
