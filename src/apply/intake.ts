import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { absentAsUndefined, isSystemError, systemMessage } from './system-error.ts'
import { refused } from './target.ts'
import { temporaryPath } from './temporary.ts'

/** An executable that is on its way: nobody can start it before it is kept. */
export interface Intake {
  append(chunk: Uint8Array): Promise<void>
  /** Back to nothing. */
  truncate(): Promise<void>
  /** In its place, whole and on the disk. */
  keep(): Promise<void>
  discard(): Promise<void>
}

export async function openIntake(path: string): Promise<Intake> {
  const temporary = temporaryPath(dirname(path))
  const file = await open(temporary, 'ax', 0o600)
  return {
    append: (chunk) => telling(path, () => file.appendFile(chunk)),
    truncate: () => file.truncate(0),
    keep: () => telling(path, () => keep(file, temporary, path)),
    discard: async () => {
      await file.close()
      await rm(temporary, { force: true })
    },
  }
}

async function keep(file: FileHandle, temporary: string, path: string): Promise<void> {
  await file.chmod(0o755)
  await file.sync()
  await file.close()
  await rename(temporary, path)
  const folder = await open(dirname(path))
  await folder.sync().finally(() => folder.close())
}

async function telling<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw refused(path, `cannot be written: ${systemMessage(error)}`)
  }
}

/** SHA-256 in hexadecimal; undefined when there is no such file. */
export async function hashOfFile(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  const read = async () => {
    for await (const chunk of createReadStream(path)) hash.update(chunk)
    return hash.digest('hex')
  }
  return await absentAsUndefined(read())
}
