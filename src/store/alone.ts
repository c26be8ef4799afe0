import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { DynfarmError } from '../errors.ts'
import { makePrivate } from './mark.ts'

/**
 * Holds a folder for this server alone, until what it gives is called or the process ends, however it does. Two of
 * them on one folder would each take the other's history for a restored one.
 */
export function holdAlone(folder: string): () => void {
  const path = join(folder, 'lock.db')
  makePrivate(path)
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    database.exec('begin exclusive')
  } catch (error) {
    database.close()
    throw new DynfarmError('busy', `another server uses "${folder}"`, { cause: error })
  }
  return () => {
    if (database.isOpen) database.close()
  }
}
