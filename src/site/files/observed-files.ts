import type { ObservedFile } from '../observed.ts'

export interface ObservedFiles {
  /** By the path that is wanted. */
  files: ReadonlyMap<string, ObservedTarget>
  /** What lies on the way to them, symlinks followed. */
  ancestors: ReadonlyMap<string, 'folder' | 'other'>
  ids: OwnerIds
  /** Files that are no longer wanted and on record, as they were before dynfarm. */
  former: ReadonlyMap<string, FormerFile>
}

export type ObservedTarget =
  /** Why it can be neither read nor replaced, to follow its path. */
  { refused: string } | { real: string; file: ObservedFile | undefined }

export interface OwnerIds {
  users: ReadonlyMap<string, number>
  groups: ReadonlyMap<string, number>
}

export interface FormerFile {
  before: ObservedFile | undefined
  now: ObservedFile | undefined
  /** It holds what dynfarm wrote into it. */
  untouched: boolean
}
