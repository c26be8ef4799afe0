import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  type Stats,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DynfarmError } from '../errors.ts'
import { quoteWord } from '../plan/text.ts'
import { isSystemError, systemMessage } from './system-error.ts'

/** What apply keeps of a state folder; everything in it is for the owner's eyes alone. */
export interface StatePaths {
  folder: string
  lock: string
  journal: string
  record: string
}

export function statePaths(state: string): StatePaths {
  const folder = join(state, 'apply')
  return {
    folder,
    lock: join(folder, 'lock'),
    journal: join(folder, 'journal.jsonl'),
    record: join(folder, 'record.jsonl'),
  }
}

export function hasState(state: string): boolean {
  return lstatSync(statePaths(state).folder, { throwIfNoEntry: false }) !== undefined
}

/** The journal says what is run as root: a folder that others can write to would let them say it. */
export function prepareState(state: string): StatePaths {
  const paths = statePaths(state)
  makeFolder(dirname(state), 0o755)
  for (const folder of [state, paths.folder]) {
    makeFolder(folder, 0o700)
    refuseShared(folder, lstatSync(folder))
  }
  return paths
}

export function stateUnwritable(path: string, error: unknown): DynfarmError {
  const message = `"${quoteWord(path)}" cannot be written: ${systemMessage(error)}`
  return new DynfarmError('state-unwritable', message, { cause: error })
}

export function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(fd)
  } catch (error) {
    if (!isSystemError(error, 'EINVAL')) throw error
  } finally {
    closeSync(fd)
  }
}

function makeFolder(folder: string, mode: number): void {
  try {
    mkdirSync(folder, { recursive: true, mode })
  } catch (error) {
    throw stateUnwritable(folder, error)
  }
}

function refuseShared(folder: string, stats: Stats): void {
  const why = whyShared(stats)
  if (why === undefined) return
  throw new DynfarmError('state-refused', `"${quoteWord(folder)}" ${why}`)
}

function whyShared(stats: Stats): string | undefined {
  if (!stats.isDirectory()) return 'is not a folder'
  if (stats.uid !== process.geteuid?.()) return `belongs to user ${stats.uid}`
  return (stats.mode & 0o022) === 0 ? undefined : 'can be written to by others'
}
