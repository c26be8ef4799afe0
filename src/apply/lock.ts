import { spawnSync } from 'node:child_process'
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import { DynfarmError } from '../errors.ts'
import { quoteWord } from '../plan/text.ts'
import { lastLines } from './failure.ts'
import { searchPath } from './run.ts'
import { prepareState, type StatePaths, stateUnwritable } from './state.ts'
import { isSystemError, systemMessage } from './system-error.ts'

export interface Lock {
  paths: StatePaths
  release(): void
}

/**
 * At most one dynfarm works on a state folder. The kernel keeps the lock with the open file and frees it
 * with the process, however that ends, so there is no stale one. A resident loop holds it all its life.
 */
export function lockState(state: string): Lock {
  const paths = prepareState(state)
  const fd = openLock(paths.lock)
  try {
    if (!takeLock(fd)) throw busy(state, paths.lock)
    noteHolder(fd)
  } catch (error) {
    closeSync(fd)
    throw error
  }
  return { paths, release: () => closeSync(fd) }
}

function openLock(path: string): number {
  try {
    return openSync(path, 'a+', 0o600)
  } catch (error) {
    throw stateUnwritable(path, error)
  }
}

const FLOCK_CONFLICT = 1

/** flock locks the open file that it inherits from us, and we keep that when it has gone. */
function takeLock(fd: number): boolean {
  const stdio = ['ignore', 'ignore', 'pipe', fd] as const
  const options = { stdio: [...stdio], cwd: '/', env: { PATH: searchPath() } }
  const { status, stderr, error } = spawnSync('flock', ['-n', '3'], options)
  if (status === 0) return true
  if (status === FLOCK_CONFLICT && stderr.length === 0) return false
  const why = error === undefined ? lastLines(stderr.toString()) : `: ${systemMessage(error)}`
  throw new DynfarmError('program-missing', `program "flock" cannot be used${why}`)
}

/** Only for the message of who finds it locked, so a full disk does not matter here. */
function noteHolder(fd: number): void {
  try {
    ftruncateSync(fd)
    writeSync(fd, `${process.pid}\n`)
  } catch (error) {
    if (!isSystemError(error)) throw error
  }
}

function busy(state: string, path: string): DynfarmError {
  const pid = /^\d+$/.exec(readFileSync(path, 'utf8').trim())?.[0]
  const who = pid === undefined ? 'another process' : `process ${pid}`
  const details = pid === undefined ? {} : { details: { pid: Number(pid) } }
  return new DynfarmError('busy', `${who} is at work on "${quoteWord(state)}"`, details)
}
