import type { CommandStep, FileStep, Step } from '../../plan/step.ts'
import { makeFolder } from '../folders.ts'
import type { ObservedFile } from '../observed.ts'
import type { FileWanted } from '../wanted.ts'
import { ancestorsOf } from './ancestors.ts'
import type { ObservedFiles, OwnerIds } from './observed-files.ts'
import { idOf, ownerNames } from './owner.ts'
import { refuseFiles } from './refuse.ts'

export interface FilesWanted {
  files: readonly FileWanted[]
  /** Files in which dynfarm keeps a block: no file may replace them. */
  kept: readonly string[]
}

/** Files that are not as they should be, the folders they need, and what is no longer wanted as it was before. */
export function planFiles({ files, kept }: FilesWanted, observed: ObservedFiles): Step[] {
  refuseFiles(files, observed, kept)
  return [
    ...restoreFormer(observed),
    ...planFolders(files, observed),
    ...files.flatMap((file) => planFile(file, observed)),
  ]
}

function restoreFormer({ former }: ObservedFiles): FileStep[] {
  return [...former].flatMap(([path, { before, now, untouched }]) =>
    untouched && !isSame(before, now) ? [restoring(path, before)] : [],
  )
}

function isSame(one: ObservedFile | undefined, other: ObservedFile | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  const content = Buffer.compare(one.content, other.content) === 0
  return content && one.mode === other.mode && one.uid === other.uid && one.gid === other.gid
}

function restoring(path: string, before: ObservedFile | undefined): FileStep {
  const step = { kind: 'file', reason: 'no longer wanted', path } as const
  if (before === undefined) return { ...step, content: null }
  const { content, mode, uid, gid } = before
  return { ...step, content, mode, owner: `${uid}:${gid}` }
}

function planFolders(files: readonly FileWanted[], { ancestors }: ObservedFiles): CommandStep[] {
  const needed = new Set(files.flatMap(({ path }) => ancestorsOf(path)))
  const missing = [...needed].filter((folder) => !ancestors.has(folder))
  return missing.map((folder) => makeFolder(folder, 0o755, 'for a file of the site'))
}

function planFile(wanted: FileWanted, { files, ids }: ObservedFiles): FileStep[] {
  const target = files.get(wanted.path)
  const is = target !== undefined && 'real' in target ? target.file : undefined
  if (is !== undefined && isAsWanted(is, wanted, ids)) return []
  const { path, owner, content } = wanted
  const mode = wanted.mode ?? (is === undefined && wanted.secret ? 0o600 : undefined)
  const step: FileStep = {
    kind: 'file',
    reason: 'a file of the site',
    path,
    content: wanted.secret && typeof content === 'string' ? { secret: content } : content,
  }
  return [{ ...step, ...(mode !== undefined && { mode }), ...(owner !== undefined && { owner }) }]
}

function isAsWanted(is: ObservedFile, wanted: FileWanted, ids: OwnerIds): boolean {
  const { user, group } = ownerNames(wanted)
  return (
    Buffer.from(wanted.content).equals(is.content) &&
    (wanted.mode ?? is.mode) === is.mode &&
    (idOf(user, ids.users) ?? is.uid) === is.uid &&
    (idOf(group, ids.groups) ?? is.gid) === is.gid
  )
}
