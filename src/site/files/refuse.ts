import { DynfarmError } from '../../errors.ts'
import { quoteWord } from '../../plan/text.ts'
import type { FileWanted } from '../wanted.ts'
import { ancestorsOf } from './ancestors.ts'
import { isOfKernel, KERNEL_REFUSED } from './kernel.ts'
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
    return fault === undefined ? [] : [`"${quoteWord(file.path)}" ${fault}`]
  })
  const all = [...faults, ...doubles(wanted, observed), ...fileAndFolder(wanted)]
  if (all.length === 0) return
  throw new DynfarmError('file-refused', all.join('; '), { details: { files: all } })
}

function ownerFault(file: FileWanted, { ids }: ObservedFiles): string | undefined {
  const { user, group } = ownerNames(file)
  if (isUnknown(user, ids.users))
    return `is for the user "${quoteWord(user)}", whom this machine does not have`
  if (isUnknown(group, ids.groups))
    return `is for the group "${quoteWord(group)}", which this machine does not have`
  return undefined
}

function isUnknown(name: string, ids: ReadonlyMap<string, number>): boolean {
  return name !== '' && !/^\d+$/.test(name) && !ids.has(name)
}

function placeFault(
  path: string,
  { files, ancestors }: ObservedFiles,
  kept: readonly string[],
): string | undefined {
  const target = files.get(path)
  if (target === undefined) throw new Error(`"${path}" was not observed`)
  const blocked = ancestorsOf(path).find((folder) => ancestors.get(folder) === 'other')
  if (blocked !== undefined) return `needs "${quoteWord(blocked)}", which is no folder`
  if ('refused' in target) return target.refused
  if (isOfKernel(target.real)) return KERNEL_REFUSED
  if (kept.includes(path) || kept.includes(target.real))
    return 'is a file in which dynfarm itself keeps lines'
  return undefined
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
      ({ path }) => `"${quoteWord(path)}" is the same file as "${quoteWord(first?.path ?? '')}"`,
    ),
  )
}

function fileAndFolder(wanted: readonly FileWanted[]): string[] {
  const folders = new Set(wanted.flatMap(({ path }) => ancestorsOf(path)))
  const both = wanted.filter(({ path }) => folders.has(path))
  return both.map(({ path }) => `"${quoteWord(path)}" is wanted as a folder by other files`)
}
