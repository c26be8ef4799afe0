import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describeEnd, lastLines } from './failure.ts'
import type { FileState, NewFile } from './machine.ts'
import { type Owner, resolveOwner } from './owner.ts'
import { readTarget } from './read.ts'
import { runCommand } from './run.ts'
import { isSystemError } from './system-error.ts'
import { refused, refuseSymlink, resolveTarget, statTarget } from './target.ts'
import { sweepTemporaries, temporaryPath } from './temporary.ts'

const NEW_FILE_MODE = 0o644

/** After this the file is the old one or the new one, whatever happens meanwhile, and durably so. */
export async function writeFileAtomically(path: string, file: NewFile): Promise<void> {
  const target = await resolveTarget(path)
  await sweepTemporaries(dirname(target))
  const former = await readTarget(target)
  const wanted = await complete(file, former)
  if (former !== undefined && isSame(former, wanted)) return
  await replace(target, wanted, former)
}

export async function removeFileDurably(path: string): Promise<void> {
  await refuseSymlink(path)
  const target = await resolveTarget(path)
  await sweepTemporaries(dirname(target))
  if ((await statTarget(target)) === undefined) return
  await unlink(target)
  await syncFolder(dirname(target))
}

async function complete(file: NewFile, former: FileState | undefined): Promise<FileState> {
  const owner: Owner = former ?? { uid: process.geteuid?.() ?? 0, gid: process.getegid?.() ?? 0 }
  return {
    content: file.content,
    mode: file.mode ?? former?.mode ?? NEW_FILE_MODE,
    ...(await resolveOwner(file.owner ?? '', owner)),
  }
}

function isSame(one: FileState, other: FileState): boolean {
  return (
    one.mode === other.mode &&
    one.uid === other.uid &&
    one.gid === other.gid &&
    Buffer.compare(one.content, other.content) === 0
  )
}

async function replace(target: string, wanted: FileState, former?: FileState): Promise<void> {
  const temporary = temporaryPath(dirname(target))
  try {
    await writeTemporary(temporary, wanted, former && target)
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true })
    if (former === undefined || !isSystemError(error, ...MOUNTED)) throw error
    return await rewriteInPlace(target, wanted)
  }
  await syncFolder(dirname(target))
}

/** What a bind-mounted file answers to a rename, and its read-only folder to a temporary. */
const MOUNTED = ['EBUSY', 'EXDEV', 'EROFS']

async function writeTemporary(path: string, wanted: FileState, model?: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    if (model !== undefined) await copyAttributes(model, file)
    await fill(file, wanted)
  } finally {
    await file.close()
  }
}

/**
 * SELinux label, ACL and extended attributes of the file that is replaced. The new file is named by its
 * descriptor: a path in somebody else's folder could be another file by the time cp opens it.
 */
async function copyAttributes(model: string, file: FileHandle): Promise<void> {
  const there = `/proc/${process.pid}/fd/${file.fd}`
  const argv = ['cp', '--attributes-only', '--preserve=all', '--', model, there] as const
  const outcome = await runCommand({ argv })
  if (outcome.code === 0) return
  const why = `cp ${describeEnd(outcome)}${lastLines(outcome.stderr)}`
  throw refused(model, `has attributes that cannot be kept: ${why}`)
}

async function rewriteInPlace(target: string, wanted: FileState): Promise<void> {
  const file = await open(target, constants.O_WRONLY | constants.O_NOFOLLOW)
  try {
    await fill(file, wanted)
  } finally {
    await file.close()
  }
}

/** Nobody for whom the content is not meant can read it at any moment. */
async function fill(file: FileHandle, { content, mode, uid, gid }: FileState): Promise<void> {
  const is = await file.stat()
  if (is.uid !== uid || is.gid !== gid) await file.chown(uid, gid)
  await file.chmod(is.mode & mode)
  await file.writeFile(content)
  await file.truncate(content.length)
  await file.chmod(mode)
  await file.sync()
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } catch (error) {
    if (!isSystemError(error, 'EINVAL', 'EACCES')) throw error
  } finally {
    await handle.close()
  }
}
