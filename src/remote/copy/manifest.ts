import type { FoundEntry } from '../files/tree.ts'
import type { Name } from './names.ts'

/** Something that is to be on every node, with what is needed to know it there again. */
export interface Entry extends FoundEntry {
  /** Of files. */
  hash: string
}

/** One source, and all that is in it, folders before what is in them. */
export interface Source {
  /** The name that it has inside a folder. */
  name: Name
  entries: readonly Entry[]
}

/** A file of this size goes alone, so that it can be resumed, and the others together. */
export const largeFrom: number = 4 * 1024 * 1024

/** The bytes of all files. */
export function sizeOf(sources: readonly Source[]): number {
  return filesOf(sources).reduce((sum, { size }) => sum + size, 0)
}

export function filesOf(sources: readonly Source[]): Entry[] {
  return sources.flatMap(({ entries }) => entries.filter(({ type }) => type === 'file'))
}
