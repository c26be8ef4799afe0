import { constants, type Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { isSystemError, systemMessage } from './system-error.ts'
import { refused } from './target.ts'

/** A regular file that is too large for memory. It stays the same file whatever happens to its name. */
export interface LargeFile {
  readonly size: number
  /** From its beginning, each time. */
  read(): AsyncIterable<Uint8Array>
  close(): Promise<void>
}

export async function openLargeFile(path: string): Promise<LargeFile> {
  try {
    return await openFile(path)
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw refused(path, `cannot be read: ${systemMessage(error)}`)
  }
}

async function openFile(path: string): Promise<LargeFile> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stats = await file.stat()
  if (!stats.isFile()) {
    await file.close()
    throw refused(path, 'is not a regular file')
  }
  return {
    size: stats.size,
    read: () => chunksOf(file, stats),
    close: () => file.close(),
  }
}

async function* chunksOf(file: FileHandle, { size }: Stats): AsyncGenerator<Uint8Array> {
  if (size > 0) yield* file.createReadStream({ start: 0, end: size - 1, autoClose: false })
}
