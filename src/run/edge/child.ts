import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynfarmError } from '../../errors.ts'

/** A process of a job's that is not the job: it has no terminal, and hears of no signal that is meant for the job. */
export interface Child {
  process: ChildProcess
  /** What it said on standard error, its last part. */
  said(): string
  ended: Promise<unknown>
}

/** `PATH`: what dynfarm itself finds programs by; beside the executable comes first. */
export interface Tools {
  path: string
}

/** A number is a descriptor of this process. */
type Pipes = readonly ('pipe' | 'ignore' | number)[]

/** Standard streams and whatever more is asked for, as descriptors 3 and on. */
export function startChild(argv: readonly string[], { path }: Tools, pipes: Pipes = []): Child {
  const stdio: SpawnOptions['stdio'] = ['pipe', 'pipe', 'pipe', ...pipes]
  const [program = '', ...words] = argv
  const child = spawn(program, words, { stdio, env: environment(path), detached: true, cwd: '/' })
  // An error is told by what is waited for; until then it must not end this process.
  child.on('error', () => {})
  child.stdin?.on('error', () => {})
  let said = ''
  child.stderr?.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-MOST_SAID)
  })
  const ended = once(child, 'close').catch(() => {})
  return { process: child, said: () => said.trim(), ended }
}

const MOST_SAID = 8192

export function environment(path: string): Record<string, string> {
  return { PATH: path, LC_ALL: 'C' }
}

export function writeEnd(child: ChildProcess, fd: number): Writable {
  const stream = child.stdio[fd]
  if (stream === null || stream === undefined || !('write' in stream))
    throw new Error(`descriptor ${fd} of a child is not to be written to`)
  stream.on('error', () => {})
  return stream
}

export function readEnd(child: ChildProcess, fd: number): Readable {
  const stream = child.stdio[fd]
  if (stream === null || stream === undefined || !('read' in stream))
    throw new Error(`descriptor ${fd} of a child is not to be read`)
  return stream
}

/** The first bytes that come, or why there are none. */
export async function firstWord(child: Child, from: Readable, what: string): Promise<string> {
  const timeout = AbortSignal.timeout(READY_MS)
  try {
    const came = once(from, 'data', { signal: timeout })
    const failed = once(child.process, 'error').then(([error]) => {
      throw error
    })
    const ended = child.ended.then(() => {
      throw new Error('ended')
    })
    failed.catch(() => {})
    ended.catch(() => {})
    const [data] = await Promise.race([came, failed, ended])
    return String(data).trim()
  } catch (error) {
    const program = child.process.spawnfile
    if (isMissing(error)) throw missing(program)
    const why = timeout.aborted ? `: nothing came in ${READY_MS / 1000} s` : ''
    throw new DynfarmError('namespaces-refused', `${what} did not come up${why}${saidBy(child)}`)
  }
}

/** Many jobs may begin at once. */
export const READY_MS = 60_000

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

export function missing(program: string): DynfarmError {
  return new DynfarmError('program-missing', `program "${program}" is not installed`)
}

export function saidBy(child: Child): string {
  const text = child.said()
  return text === '' ? '' : `: ${text}`
}

/** It was asked to end already; what does not in a second is killed. */
export async function awaitEnd({ process: child, ended }: Child): Promise<void> {
  await Promise.race([ended, sleep(GRACE_MS, undefined, { ref: false })])
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  await ended
}

const GRACE_MS = 1000
