import { createReadStream } from 'node:fs'
import { DynfarmError } from '../../errors.ts'
import { MiB } from '../../protocol/size.ts'
import { readAll } from '../read-all.ts'

const longestList = 64 * MiB

/** A list of nodes, which may also come out of a pipe. */
export async function readList(path: string): Promise<string> {
  try {
    return await readAll(createReadStream(path), longestList)
  } catch (error) {
    throw refused(path, error)
  }
}

function refused(path: string, error: unknown): Error {
  if (!(error instanceof Error) || !('code' in error)) return error as Error
  const message = `"${path}" cannot be read: ${error.code}`
  return new DynfarmError('file-refused', message, { cause: error })
}
