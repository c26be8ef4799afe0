import { createHash } from 'node:crypto'
import { DynfarmError } from '../../errors.ts'
import { hashFile } from '../files/block.ts'
import { type Found, type FoundEntry, findTree } from '../files/tree.ts'
import { type Blocks, mostKept } from './blocks.ts'
import type { Entry, Source } from './manifest.ts'
import { type Name, shown } from './names.ts'

export interface Sources {
  sources: Source[]
  /** What is neither file, folder nor link. */
  left: Name[]
}

/** All that is to be copied, each file read once for its hash. */
export async function loadSources(paths: readonly string[], blocks: Blocks): Promise<Sources> {
  const found: Found[] = []
  for (const path of paths) found.push(await findTree(path))
  refuseEqual(found)
  const sources: Source[] = []
  for (const { name, entries } of found)
    sources.push({ name, entries: await hashed(entries, blocks) })
  return { sources, left: found.flatMap(({ left }) => left) }
}

/** Both would have the same place, and one of them be lost. */
function refuseEqual(found: readonly Found[]): void {
  const names = found.map(({ name }) => name)
  const twice = names.find((name, at) => names.indexOf(name) !== at)
  if (twice !== undefined)
    throw new DynfarmError('usage', `two sources have the name "${shown(twice)}"`)
}

async function hashed(entries: readonly FoundEntry[], blocks: Blocks): Promise<Entry[]> {
  const done: Entry[] = []
  for (const entry of entries) {
    const hash = entry.type === 'file' ? await hashOf(entry, blocks) : ''
    done.push({ ...entry, hash })
  }
  return done
}

/** What is small enough is kept for the sending; of what is not, the begin would be gone by then. */
async function hashOf(entry: FoundEntry, blocks: Blocks): Promise<string> {
  if (entry.size > mostKept) return hashFile(entry)
  const hash = createHash('sha256')
  for await (const bytes of blocks.all(entry)) hash.update(bytes)
  return hash.digest('hex')
}
