import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { DynfarmError } from '../../errors.ts'
import { baseOf, bytesOf, type Name, nameOf, shown } from '../copy/names.ts'

export interface FoundEntry {
  /** Where it is here. */
  path: Name
  /** Below its source, from `/` on; the source itself is the empty one. */
  below: Name
  type: 'file' | 'folder' | 'link'
  mode: number
  /** Seconds. */
  mtime: number
  size: number
  /** Where a link points to. */
  target: Name
  /** By which a file that is another one meanwhile is told. */
  stamp: string
}

export interface Found {
  name: Name
  entries: FoundEntry[]
  /** Sockets, devices and the like, which are not copied. */
  left: Name[]
}

/** All that is below a source, in the order of names. A source may be a link to what is meant; links below stay links. */
export async function findTree(source: string): Promise<Found> {
  const path = nameOf(resolve(source))
  const found: Found = { name: baseOf(path), entries: [], left: [] }
  const root = await describe(path, '', stat).catch((error) => unreadable(path, error))
  if (root === undefined)
    throw new DynfarmError('file-refused', `"${source}" is neither a file nor a folder`)
  found.entries.push(root)
  if (root.type === 'folder') await descend(root, found)
  return found
}

async function descend(folder: FoundEntry, found: Found): Promise<void> {
  const names = await readdir(bytesOf(folder.path), { encoding: 'buffer' }).catch((error) =>
    unreadable(folder.path, error),
  )
  for (const name of names.map(nameOf).sort()) {
    const path = `${folder.path}/${name}`
    const entry = await describe(path, `${folder.below}/${name}`, lstat).catch((error) =>
      unreadable(path, error),
    )
    if (entry === undefined) found.left.push(path)
    else found.entries.push(entry)
    if (entry?.type === 'folder') await descend(entry, found)
  }
}

async function describe(
  path: Name,
  below: Name,
  look: typeof stat,
): Promise<FoundEntry | undefined> {
  const facts = await look(bytesOf(path), { bigint: true })
  const common = {
    ...{ path, below, target: '', size: 0 },
    mode: Number(facts.mode) & 0o7777,
    mtime: Math.floor(Number(facts.mtimeMs) / 1000),
    stamp: stampOf(facts),
  }
  if (facts.isFile()) return { ...common, type: 'file', size: Number(facts.size) }
  if (facts.isDirectory()) return { ...common, type: 'folder' }
  if (!facts.isSymbolicLink()) return undefined
  const target = nameOf(await readlink(bytesOf(path), { encoding: 'buffer' }))
  return { ...common, type: 'link', target }
}

/** A file that was written to has another one. */
export function stampOf(facts: { ino: bigint; size: bigint; mtimeNs: bigint }): string {
  return `${facts.ino}:${facts.size}:${facts.mtimeNs}`
}

function unreadable(path: Name, error: NodeJS.ErrnoException): never {
  const message = `"${shown(path)}" cannot be read: ${error.code}`
  throw new DynfarmError('file-refused', message, { cause: error })
}
