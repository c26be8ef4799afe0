import { type ChildProcessByStdio, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynfarmError } from '../errors.ts'
import type { Argv } from '../plan/step.ts'
import { quoteWord } from '../plan/text.ts'
import type { Command, Outcome } from './machine.ts'
import { OutputCollector } from './output.ts'
import { endGroup, MARKER_VARIABLE } from './process.ts'
import { running } from './running.ts'

const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_OUTPUT_LIMIT = 1024 * 1024
const KILL_GRACE_MS = 2000
const TIMED_OUT = 124

/** Runs a command in a process group of its own, which ends when its time is up or on the signal. */
export async function runCommand(command: Command): Promise<Outcome> {
  throwIfInterrupted(command.signal)
  const child = startProcess(command)
  const { pid } = child
  if (pid === undefined) throw startFailure(command.argv[0], await errorOf(child))
  const limit = command.outputLimit ?? DEFAULT_OUTPUT_LIMIT
  const stdout = new OutputCollector(child.stdout, limit)
  const stderr = new OutputCollector(child.stderr, limit)
  const bounds = boundTo(pid, command)
  const end = await letGoAfterExit(child, [stdout, stderr])
  const { isLate, isInterrupted } = await bounds.over()
  if (isInterrupted) throwIfInterrupted(command.signal)
  return describeEnd({ ...end, isLate }, stdout, stderr)
}

export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new DynfarmError('interrupted', 'interrupted')
}

type Child = ChildProcessByStdio<Writable | null, Readable, Readable>

function startProcess({ argv, input, marker }: Command): Child {
  const env = { ...process.env, LC_ALL: 'C', PATH: searchPath(), [MARKER_VARIABLE]: marker }
  const stdin = input === undefined ? 'ignore' : 'pipe'
  const child = trySpawn(argv, { stdio: [stdin, 'pipe', 'pipe'], detached: true, cwd: '/', env })
  // Who does not read it is no error.
  child.stdin?.on('error', () => {})
  child.stdin?.end(input)
  return child
}

/** Node tells some of what may be wrong with a program by an event, and throws the rest of it. */
function trySpawn([program, ...rest]: Argv, options: SpawnOptions): Child {
  try {
    return spawn(program, rest, options) as Child
  } catch (error) {
    throw startFailure(program, error as { code?: string })
  }
}

interface Bounds {
  isLate: boolean
  isInterrupted: boolean
}

/** Ends the group when its time is up, on the signal, or with this process. */
function boundTo(
  leader: number,
  { signal, timeoutMs = DEFAULT_TIMEOUT_MS }: Command,
): { over(): Promise<Bounds> } {
  const bounds = { isLate: false, isInterrupted: false }
  let ending: Promise<void> | undefined
  const end = (why: keyof Bounds): void => {
    if (ending !== undefined) return
    bounds[why] = true
    ending = endGroup(leader, KILL_GRACE_MS)
  }
  const timer = setTimeout(end, timeoutMs, 'isLate')
  const interrupt = () => end('isInterrupted')
  signal?.addEventListener('abort', interrupt)
  running.add(leader)
  return {
    over: async () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', interrupt)
      running.delete(leader)
      await ending
      return bounds
    },
  }
}

/** cron and some sudo set-ups leave out the folders where ip and nft live. */
export function searchPath(): string {
  const given = process.env['PATH']
  return [...(given ? [given] : []), '/usr/sbin:/usr/bin:/sbin:/bin'].join(':')
}

async function errorOf(child: Child): Promise<{ code?: string }> {
  const [error] = await once(child, 'error')
  return error
}

function startFailure(program: string, { code }: { code?: string }): DynfarmError {
  const name = quoteWord(program)
  const why = code === 'ENOENT' ? 'is not installed' : `cannot be started: ${code}`
  return new DynfarmError('program-missing', `program "${name}" ${why}`)
}

const QUIET_LOOKS = 4
const MOST_LOOKS = 20
const LOOK_EVERY_MS = 50

/**
 * A daemon that a command leaves behind may hold its output open for ever. So after the exit the output
 * is read until it ends, or is quiet for a while, or a second is over.
 */
async function letGoAfterExit(child: Child, outputs: OutputCollector[]): Promise<Ended> {
  const [exitCode, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  const seen = () => outputs.reduce((sum, output) => sum + output.bytes, 0)
  let before = -1
  for (let look = 0, quiet = 0; look < MOST_LOOKS && quiet < QUIET_LOOKS; look += 1) {
    if (outputs.every((output) => output.ended)) break
    quiet = seen() === before ? quiet + 1 : 0
    before = seen()
    await Promise.race([sleep(LOOK_EVERY_MS), Promise.all(outputs.map((output) => output.end))])
  }
  for (const output of outputs) output.letGo()
  return { exitCode, signal }
}

interface Ended {
  exitCode: number | null
  signal: NodeJS.Signals | null
}

function describeEnd(
  { exitCode, signal, isLate }: Ended & Pick<Bounds, 'isLate'>,
  out: OutputCollector,
  err: OutputCollector,
): Outcome {
  const [stdout, stderr] = [out.read(), err.read()]
  return {
    code: isLate ? TIMED_OUT : (exitCode ?? signalCode(signal)),
    stdout: stdout.text,
    stderr: stderr.text,
    ...(isLate ? { timedOut: true } : {}),
    ...(stdout.cut || stderr.cut ? { cut: true } : {}),
  }
}

function signalCode(signal: NodeJS.Signals | null): number {
  return 128 + (signal === null ? 0 : constants.signals[signal])
}
