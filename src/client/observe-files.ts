import type { Machine } from '../apply/machine.ts'
import { observe } from '../apply/observe.ts'
import { isSystemError, systemMessage } from '../apply/system-error.ts'
import { ancestorsOf } from '../site/files/ancestors.ts'
import { isOfKernel, KERNEL_REFUSED } from '../site/files/kernel.ts'
import type { ObservedFiles, ObservedTarget, OwnerIds } from '../site/files/observed-files.ts'
import { namesToLookUp } from '../site/files/owner.ts'
import type { ObservedFile } from '../site/observed.ts'
import {
  parseIds,
  parsePaths,
  parseZeroEnded,
  readAncestors,
  readIds,
  readRealPaths,
} from '../site/read.ts'
import type { FileWanted } from '../site/wanted.ts'
import { isRefused, partialOutputOf } from './reading.ts'

export async function observeFiles(
  wanted: readonly FileWanted[],
  machine: Machine,
): Promise<Omit<ObservedFiles, 'former'>> {
  const paths = wanted.map(({ path }) => path)
  const [files, ancestors, ids] = await Promise.all([
    observeTargets(paths, machine),
    observeAncestors(paths, machine),
    observeIds(wanted, machine),
  ])
  return { files, ancestors, ids }
}

async function observeTargets(
  paths: readonly string[],
  machine: Machine,
): Promise<Map<string, ObservedTarget>> {
  const read = await Promise.all(paths.map((path) => readTarget(path, machine)))
  const readable = paths.filter((_, index) => !('refused' in (read[index] ?? {})))
  const real = await realPaths(readable, machine)
  return new Map(
    read.map((target, index) => {
      const path = paths[index] ?? ''
      return [path, 'refused' in target ? target : { ...target, real: real.get(path) ?? path }]
    }),
  )
}

async function realPaths(paths: readonly string[], machine: Machine): Promise<Map<string, string>> {
  if (paths.length === 0) return new Map()
  const real = parseZeroEnded(await observe(readRealPaths(paths), { machine }))
  return new Map(paths.map((path, index) => [path, real[index] ?? path]))
}

/** What the writer would refuse is known before the first change. */
async function readTarget(
  path: string,
  machine: Machine,
): Promise<{ refused: string } | { file: ObservedFile | undefined }> {
  if (isOfKernel(path)) return { refused: KERNEL_REFUSED }
  try {
    return { file: await machine.readFile(path) }
  } catch (error) {
    if (isRefused(error)) return { refused: `cannot be written: ${error.message}` }
    if (isSystemError(error)) return { refused: `cannot be written: ${systemMessage(error)}` }
    throw error
  }
}

async function observeAncestors(
  paths: readonly string[],
  machine: Machine,
): Promise<ObservedFiles['ancestors']> {
  const folders = [...new Set(paths.flatMap(ancestorsOf))]
  if (folders.length === 0) return new Map()
  const found = parsePaths(await partialOutputOf(machine, readAncestors(folders)))
  return new Map([...found].map(([path, { kind }]) => [path, kind === 'folder' ? kind : 'other']))
}

async function observeIds(wanted: readonly FileWanted[], machine: Machine): Promise<OwnerIds> {
  const { users, groups } = namesToLookUp(wanted)
  const ids = async (database: 'passwd' | 'group', names: string[]) =>
    names.length === 0
      ? new Map<string, number>()
      : parseIds(await partialOutputOf(machine, readIds(database, names)))
  return { users: await ids('passwd', users), groups: await ids('group', groups) }
}
