import { constants } from 'node:fs'
import {
  chmod,
  mkdir,
  open,
  readdir,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  statfs,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { dirname } from 'node:path'
import { type Intake, openIntake } from './intake.ts'
import { absentAsUndefined, isSystemError, systemMessage } from './system-error.ts'
import { refused } from './target.ts'
import { sweepTemporaries, temporaryPath } from './temporary.ts'
import {
  executablePath,
  linkGoal,
  olderInsteadPath,
  versionInGoal,
  versionPlaces,
} from './version-places.ts'

/** The versions of dynfarm on this machine. */
export interface Versions {
  pathOf(version: string): string
  /** What the link leads to. */
  current(): Promise<string | undefined>
  list(): Promise<string[]>
  areThere(): Promise<boolean>
  /** A place for so many bytes; one that has no room for them is refused before the first. */
  receive(version: string, size: number): Promise<Intake>
  /** The latest version that a version goes before, though it is older. */
  insteadOf(version: string): Promise<string | undefined>
  /** At one moment the one is in force, at the next the other. */
  switchTo(version: string, insteadOf?: string): Promise<void>
  remove(version: string): Promise<void>
  /** Unless it is the one in force. */
  discard(version: string): Promise<void>
}

export function versionsAt(root: string): Versions {
  const { link, folder } = versionPlaces(root)
  const current = async () => versionInGoal((await absentAsUndefined(readlink(link))) ?? '')
  const remove = (version: string) =>
    telling(root, () => rm(`${folder}/${version}`, { recursive: true, force: true }))
  return {
    pathOf: (version) => executablePath(root, version),
    current,
    list: async () => (await absentAsUndefined(readdir(folder))) ?? [],
    areThere: async () => (await absentAsUndefined(stat(folder))) !== undefined,
    receive: (version, size) =>
      telling(root, async () => {
        const path = executablePath(root, version)
        await makeFolders([root, folder, dirname(path)])
        await sweepTemporaries(dirname(path))
        await requireRoom(folder, size)
        return await openIntake(path)
      }),
    insteadOf: (version) => absentAsUndefined(readFile(olderInsteadPath(root, version), 'utf8')),
    switchTo: (version, insteadOf) =>
      telling(root, async () => {
        const note = olderInsteadPath(root, version)
        await rm(note, { force: true })
        if (insteadOf !== undefined) await writeFile(note, insteadOf, { mode: 0o644, flush: true })
        await replaceLink(link, linkGoal(version))
      }),
    remove,
    discard: async (version) => {
      if ((await current()) !== version) await remove(version)
    },
  }
}

async function telling<T>(root: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw refused(root, `cannot be written: ${systemMessage(error)}`)
  }
}

/** For everybody to start from, and for nobody else to write to, whatever the umask. */
async function makeFolders(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const made = await mkdir(path, { recursive: true })
    if (made !== undefined) await chmod(path, 0o755)
  }
}

/** So much is left to others. */
const SPARE_BYTES = 16 * 1024 * 1024

async function requireRoom(folder: string, size: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  const free = bavail * bsize
  if (free >= size + SPARE_BYTES) return
  throw refused(folder, `has ${free} bytes left, and ${size + SPARE_BYTES} are needed`)
}

async function replaceLink(link: string, goal: string): Promise<void> {
  const temporary = temporaryPath(dirname(link))
  await sweepTemporaries(dirname(link))
  await symlink(goal, temporary)
  await rename(temporary, link)
  const folder = await open(dirname(link), constants.O_RDONLY | constants.O_DIRECTORY)
  await folder.sync().finally(() => folder.close())
}
