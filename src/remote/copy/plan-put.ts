import { type Entry, largeFrom } from './manifest.ts'
import { baseOf, folderOf, isPlain, type Name } from './names.ts'
import type { Place, Questions, Survey } from './survey.ts'

/** What is sent to one node, and how. */
export interface PutPlan {
  /** Goes together: folders that are not there, links, and files that are small. */
  tree: readonly Placed[]
  /** Goes by itself, from where it was broken off before. */
  alone: readonly (Placed & { offset: number })[]
  /** Gets mode and time afterwards, the deepest first. */
  attributes: readonly Placed[]
  /** How many files are there already. */
  identical: number
}

export interface Placed {
  entry: Entry
  /** On the node, from the folder above all of it on. */
  path: Name
}

/** Where the sources go on the nodes. */
export interface PutTarget {
  /** The target as it was given. */
  path: string
  /** Of a target that is no folder: the one above it, and its own name. */
  above: string
  name: Name
}

export function targetOf(text: string): PutTarget {
  const path = text.replace(/(?<=.)\/+$/, '')
  const bytes = Buffer.from(path).toString('latin1')
  const above = Buffer.from(folderOf(bytes), 'latin1').toString()
  return { path, above, name: baseOf(bytes) }
}

export function pathIn(target: PutTarget): (place: Place, into: boolean) => Name {
  return ({ source, entry }, into) => `./${into ? source.name : target.name}${entry.below}`
}

export function planPut(
  questions: Questions,
  survey: Survey,
  pathOf: (place: Place, into: boolean) => Name,
): PutPlan {
  const places = [...questions.asked.values()].map((place) => ({
    entry: place.entry,
    path: pathOf(place, survey.into),
  }))
  const [there, missing] = [
    places.filter(({ entry }) => survey.same.has(entry)),
    places.filter(({ entry }) => !survey.same.has(entry)),
  ]
  const isAlone = ({ type, size }: Entry) =>
    type === 'file' && (size >= largeFrom || missing.length === 1)
  const isChanged = missing.length > 0
  const folders = places.filter(({ entry }) => entry.type === 'folder')
  const files = there.filter(({ entry }) => entry.type === 'file')
  return {
    tree: missing.filter(({ entry }) => !isAlone(entry)),
    alone: missing
      .filter(({ entry }) => isAlone(entry))
      .map((placed) => ({ ...placed, offset: survey.partial.get(placed.entry) ?? 0 })),
    attributes: [
      ...files.filter((placed) => isOther(placed, survey)),
      ...folders.filter((placed) => isChanged || isOther(placed, survey)).reverse(),
    ],
    identical: files.length,
  }
}

/** Of a name that `stat` could not tell it is taken for granted that they are others. */
function isOther({ entry, path }: Placed, { attributes }: Survey): boolean {
  if (!isPlain(path)) return true
  const there = attributes.get(path)
  return there === undefined || there.mode !== entry.mode || there.mtime !== entry.mtime
}
