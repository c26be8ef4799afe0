import { type Place, removeArrived, setAttributes } from '../files/landing.ts'
import type { Name } from './names.ts'
import type { Received } from './receive.ts'
import { TarFault } from './tar-read.ts'

/** Where each name goes, below what a `Place` holds together; undefined where it does not go at all. */
export type Placing = (received: Received) => readonly Name[] | undefined

/**
 * Everything that arrived to its place, and how many files that were. Links come last, so that no file of the same node
 * can go through one, and folders get their modes and times when nothing is put into them any more.
 */
export async function placeAll(
  received: readonly Received[],
  place: Place,
  placing: Placing,
): Promise<number> {
  const files = new Map<string, Name>()
  const folders: { path: Name; received: Received }[] = []
  for (const each of received) {
    const below = placing(each)
    if (below === undefined) continue
    if (each.entry.type === 'folder')
      folders.push({ path: await place.folder(below), received: each })
    else if (each.entry.type !== 'link')
      files.set(keyOf(each.entry.name), await placeFile(each, { below, place, files }))
  }
  for (const each of received) {
    const below = placing(each)
    if (below !== undefined && each.entry.type === 'link')
      await place.link(below, each.entry.target)
  }
  for (const { path, received: folder } of folders.reverse())
    await setAttributes(path, { ...folder.entry, mode: folder.entry.mode | 0o700 })
  return files.size
}

interface FilePlace {
  below: readonly Name[]
  place: Place
  /** What has its place already, by the name that the node has for it. */
  files: ReadonlyMap<string, Name>
}

async function placeFile(
  { entry, arrived }: Received,
  { below, place, files }: FilePlace,
): Promise<Name> {
  if (arrived === undefined) {
    const first = files.get(keyOf(entry.target))
    if (first === undefined) throw new TarFault('it sent a hard link to what it did not send')
    return place.same(below, first)
  }
  await setAttributes(arrived, entry)
  return place.file(below, arrived)
}

/** tar writes the same name with and without what stands before it. */
function keyOf(name: Name): string {
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

export async function dropAll(received: readonly Received[]): Promise<void> {
  for (const { arrived } of received) if (arrived !== undefined) await removeArrived(arrived)
}
