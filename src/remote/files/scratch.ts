import { randomBytes } from 'node:crypto'
import { type FileHandle, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { DynfarmError } from '../../errors.ts'

/** Room on disk for what memory is too small for. It has no name, so it is gone with the process. */
export interface Scratch {
  /** Gives the place where the bytes were put. */
  append(bytes: Buffer): Promise<number>
  read(place: number, length: number): Promise<Buffer>
  close(): Promise<void>
}

/** Not where temporary files may live in memory. */
const folder = '/var/tmp'

/** The file is made when it is first needed. */
export function makeScratch(): Scratch {
  let file: Promise<FileHandle> | undefined
  let size = 0
  const opened = () => {
    file ??= openUnnamed()
    return file
  }
  return {
    append: async (bytes) => {
      const place = size
      size += bytes.length
      await writeAll(await opened(), bytes, place)
      return place
    },
    read: async (place, length) => {
      const buffer = Buffer.alloc(length)
      const { bytesRead } = await (await opened()).read(buffer, 0, length, place)
      return buffer.subarray(0, bytesRead)
    },
    // Who could not open it was told so.
    close: async () => (await file?.catch(() => undefined))?.close(),
  }
}

async function openUnnamed(): Promise<FileHandle> {
  const path = join(folder, `.dynfarm-${randomBytes(12).toString('hex')}`)
  try {
    const file = await open(path, 'wx+', 0o600)
    await unlink(path)
    return file
  } catch (error) {
    throw noRoom(error)
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, place: number): Promise<void> {
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, place + done)
      done += bytesWritten
    }
  } catch (error) {
    throw noRoom(error)
  }
}

function noRoom(error: unknown): Error {
  if (!(error instanceof Error && 'code' in error)) return error as Error
  const message = `"${folder}" cannot be written: ${error.code}`
  return new DynfarmError('file-refused', message, { cause: error })
}
