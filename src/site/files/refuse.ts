import { DynfarmError } from '../../errors.ts'
import { quoteWord } from '../../plan/text.ts'
import type { FileWanted } from '../wanted.ts'
import { ancestorsOf } from './ancestors.ts'
import type { ObservedFiles } from './observed-files.ts'
import { ownerNames } from './owner.ts'

/** Before the first change, and all at once: the files that cannot or must not be written. */
export function refuseFiles(
  wanted: readonly FileWanted[],
  observed: ObservedFiles,
  kept: readonly string[],
): void {
  const faults = wanted.flatMap((file) => {
    const fault = ownerFault(file, observed) ?? placeFault(file.path, observed, kept)
    return fault === undefined ? [] : [`"${quoteWord(file.path)}": ${fault}`]
  })
  const all = [...faults, ...doubles(wanted, observed)]
  if (all.length === 0) return
  throw new DynfarmError('file-refused', all.join('; '), { details: { files: all } })
}

function ownerFault(file: FileWanted, { ids }: ObservedFiles): string | undefined {
  const { user, group } = ownerNames(file)
  if (isUnknown(user, ids.users)) return `no user "${quoteWord(user)}" on this machine`
  if (isUnknown(group, ids.groups)) return `no group "${quoteWord(group)}" on this machine`
  return undefined
}

function isUnknown(name: string, ids: ReadonlyMap<string, number>): boolean {
  return name !== '' && !/^\d+$/.test(name) && !ids.has(name)
}

/** The kernel's own: a write there is no file but an order. */
const KERNEL = ['/proc', '/sys', '/dev']

function placeFault(
  path: string,
  { files, ancestors }: ObservedFiles,
  kept: readonly string[],
): string | undefined {
  const target = files.get(path)
  if (target === undefined) throw new Error(`"${path}" was not observed`)
  if (isIn(path, KERNEL)) return 'files of the kernel are not written'
  const blocked = ancestorsOf(path).find((folder) => ancestors.get(folder) === 'other')
  if (blocked !== undefined) return `"${quoteWord(blocked)}" is no folder`
  if ('refused' in target) return target.refused
  if (isIn(target.real, KERNEL))
    return `leads to "${quoteWord(target.real)}", which is the kernel's`
  if (kept.includes(path) || kept.includes(target.real))
    return 'dynfarm itself keeps lines in this file'
  return undefined
}

function isIn(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`))
}

/** Two paths to one file would change it back and forth at every join. */
function doubles(wanted: readonly FileWanted[], { files }: ObservedFiles): string[] {
  const real = (path: string) => {
    const target = files.get(path)
    return target !== undefined && 'real' in target ? target.real : path
  }
  const same = Map.groupBy(wanted, ({ path }) => real(path))
  return [...same.values()].flatMap(([first, ...others]) =>
    others.map(
      ({ path }) => `"${quoteWord(path)}": is the same file as "${quoteWord(first?.path ?? '')}"`,
    ),
  )
}
