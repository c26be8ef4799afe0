import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileState } from './machine.ts'
import { absentAsUndefined } from './system-error.ts'
import { refused, resolveTarget, statTarget } from './target.ts'

/** More than this is no configuration: it would be held in memory and in the journal. */
const MOST_BYTES = 64 * 1024 * 1024

export async function readFileState(path: string): Promise<FileState | undefined> {
  return await readTarget(await resolveTarget(path))
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
