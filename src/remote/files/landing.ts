import { randomBytes } from 'node:crypto'
import {
  access,
  chmod,
  constants,
  link,
  lstat,
  mkdir,
  open,
  realpath,
  rename,
  rm,
  symlink,
  utimes,
} from 'node:fs/promises'
import { DynfarmError } from '../../errors.ts'
import { bytesOf, folderOf, type Name, nameOf, shown } from '../copy/names.ts'
import { makeFolders } from './small.ts'
import { openStaging } from './staging.ts'
import { WriteBehind } from './write-behind.ts'

/** Where files of all nodes arrive, and from where they are moved to their places. */
export interface Landing {
  /** The target, with every link in its own path followed. */
  root: Name
  /** A folder that nobody else sees into. */
  staging: Name
  close(): Promise<void>
}

export async function openLanding(target: string): Promise<Landing> {
  try {
    await makeFolders(target)
    const root = await realpath(target)
    await access(root, constants.W_OK)
    const { path, close } = await openStaging(root)
    return { root: nameOf(root), staging: nameOf(path), close }
  } catch (error) {
    throw refused(nameOf(target), error)
  }
}

export interface Arriving {
  path: Name
  /** Resolves when there is room for more. */
  write(bytes: Buffer): Promise<void>
  /** Rejects when not all of it could be written. */
  close(): Promise<void>
}

export async function openArriving({ staging }: Landing): Promise<Arriving> {
  const path = `${staging}/${randomBytes(12).toString('hex')}`
  const file = await open(bytesOf(path), 'wx', 0o600).catch((error) =>
    Promise.reject(refused(path, error)),
  )
  const behind = new WriteBehind((bytes) => attempt(path, () => file.writeFile(bytes)))
  return {
    path,
    write: (bytes) => behind.add(bytes),
    close: () => behind.end().finally(() => file.close()),
  }
}

/**
 * Puts what arrived into one folder. A folder on the way is one that this made or that was there before, never a link:
 * so nothing gets out of it, whatever links came earlier.
 */
export class Place {
  readonly #root: Name
  readonly #known = new Set<Name>()

  constructor(root: Name) {
    this.#root = root
  }

  async folder(below: readonly Name[]): Promise<Name> {
    let path = this.#root
    await this.#ensure(path)
    for (const part of below) {
      path = `${path}/${part}`
      await this.#ensure(path)
    }
    return path
  }

  async file(below: readonly Name[], from: Name): Promise<Name> {
    const path = await this.#home(below)
    await attempt(path, () => rename(bytesOf(from), bytesOf(path)))
    return path
  }

  /** One more name of what was placed. */
  async same(below: readonly Name[], as: Name): Promise<Name> {
    const path = await this.#home(below)
    const fresh = `${path}.${randomBytes(6).toString('hex')}`
    await attempt(path, () => link(bytesOf(as), bytesOf(fresh)))
    await attempt(path, () => rename(bytesOf(fresh), bytesOf(path)))
    return path
  }

  async link(below: readonly Name[], target: Name): Promise<void> {
    const path = await this.#home(below)
    const fresh = `${path}.${randomBytes(6).toString('hex')}`
    await attempt(path, () => symlink(bytesOf(target), bytesOf(fresh)))
    await attempt(path, () => rename(bytesOf(fresh), bytesOf(path))).catch(async (error) => {
      await rm(bytesOf(fresh), { force: true })
      throw error
    })
  }

  async #home(below: readonly Name[]): Promise<Name> {
    const path = below.join('/')
    const home = await this.folder(below.slice(0, -1))
    return `${home}/${path.slice(path.lastIndexOf('/') + 1)}`
  }

  async #ensure(path: Name): Promise<void> {
    if (this.#known.has(path)) return
    await attempt(path, () =>
      mkdir(bytesOf(path)).catch((error) => {
        if (error.code !== 'EEXIST') throw error
      }),
    )
    const facts = await attempt(path, () => lstat(bytesOf(path)))
    if (!facts.isDirectory())
      throw new DynfarmError('file-refused', `"${shown(path)}" is in the way: it is no folder`)
    this.#known.add(path)
  }
}

/** Without the bits that lend somebody's rights. */
export async function setAttributes(
  path: Name,
  { mode, mtime }: { mode: number; mtime: number },
): Promise<void> {
  await attempt(path, () => chmod(bytesOf(path), mode & 0o777))
  await attempt(path, () => utimes(bytesOf(path), mtime, mtime))
}

export async function removeArrived(path: Name): Promise<void> {
  await rm(bytesOf(path), { force: true })
}

function attempt<T>(path: Name, work: () => Promise<T>): Promise<T> {
  return work().catch((error) => Promise.reject(refused(path, error)))
}

export function refused(path: Name, error: unknown): Error {
  const { code } = error as NodeJS.ErrnoException
  const where = code === 'ENOSPC' || code === 'EDQUOT' ? folderOf(path) : path
  return new DynfarmError('file-refused', `"${shown(where)}" cannot be written: ${code}`, {
    cause: error,
  })
}
