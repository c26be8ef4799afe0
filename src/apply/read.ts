import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileState } from './machine.ts'
import { absentAsUndefined, isSystemError, systemMessage } from './system-error.ts'
import { refused, resolveTarget, statTarget } from './target.ts'

/** More than this is no configuration: it would be held in memory and in the journal. */
const MOST_BYTES = 64 * 1024 * 1024

/** What the system says of a path or its disk, and not of this moment. */
const ABOUT_THE_PATH = ['EACCES', 'EPERM', 'ENAMETOOLONG', 'ENOTDIR', 'ELOOP', 'EIO'] as const

export async function readFileState(path: string): Promise<FileState | undefined> {
  try {
    return await readTarget(await resolveTarget(path))
  } catch (error) {
    if (!isSystemError(error, ...ABOUT_THE_PATH)) throw error
    throw refused(path, `cannot be read: ${systemMessage(error)}`)
  }
}

/** For a path without symlinks in it. */
export async function readTarget(target: string): Promise<FileState | undefined> {
  if ((await statTarget(target)) === undefined) return undefined
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await absentAsUndefined(open(target, flags))
  if (file === undefined) return undefined
  try {
    const { size, mode, uid, gid } = await file.stat()
    if (size > MOST_BYTES)
      throw refused(target, `has ${size} bytes, more than can be kept for undo`)
    return { content: await file.readFile(), mode: mode & 0o7777, uid, gid }
  } finally {
    await file.close()
  }
}
