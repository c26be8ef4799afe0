import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

export interface SharedFile {
  path: Buffer
  size: number
}

const piece = 256 * 1024

/** A file from there to its end; rejects where it is not the one any more that was put there. */
export async function* readShared(
  { path, size }: SharedFile,
  offset: number,
): AsyncGenerator<Buffer> {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const facts = await file.stat()
    if (!facts.isFile() || facts.size !== size) throw new Error('the file is another one now')
    for (let at = offset; at < size; ) {
      const length = Math.min(piece, size - at)
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at)
      if (bytesRead === 0) throw new Error('the file became shorter')
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  } finally {
    await file.close()
  }
}
