import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Options } from 'execa'
import { DynfarmError } from '../errors.ts'
import { quoteWord } from '../plan/text.ts'
import type { Command, Outcome } from './machine.ts'
import { OutputCollector } from './output.ts'
import { endGroup } from './process.ts'

const DEFAULT_TIMEOUT_MS = 60_000
const DEFAULT_OUTPUT_LIMIT = 1024 * 1024
const KILL_GRACE_MS = 2000
const TIMED_OUT = 124

/** Runs a command in a process group of its own, which ends when its time is up or on the signal. */
export async function runCommand(command: Command): Promise<Outcome> {
  throwIfInterrupted(command.signal)
  // Loading execa takes a tenth of a second: only who runs a command pays for it.
  const { execa } = await import('execa')
  const [program, ...rest] = command.argv
  const child = execa(program, rest, spawnOptions(command))
  if (child.pid === undefined) throw startFailure(program, await child)
  command.onStart?.(child.pid)
  const limit = command.outputLimit ?? DEFAULT_OUTPUT_LIMIT
  const stdout = new OutputCollector(child.stdout, limit)
  const stderr = new OutputCollector(child.stderr, limit)
  await letGoAfterExit(child.nodeChildProcess, [stdout, stderr])
  const result = await child
  if (result.timedOut || result.isCanceled) await endGroup(child.pid, KILL_GRACE_MS)
  throwIfInterrupted(result.isCanceled ? command.signal : undefined)
  return describeEnd(result, stdout, stderr)
}

export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new DynfarmError('interrupted', 'interrupted')
}

/** What we use of execa's result. */
interface Ended {
  code?: string | undefined
  exitCode?: number | undefined
  signal?: NodeJS.Signals | undefined
  timedOut: boolean
}

function spawnOptions({ input, timeoutMs, signal }: Command) {
  return {
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    timeout: timeoutMs ?? DEFAULT_TIMEOUT_MS,
    forceKillAfterDelay: KILL_GRACE_MS,
    killDescendants: true,
    buffer: false,
    reject: false,
    cwd: '/',
    env: { LC_ALL: 'C', PATH: searchPath() },
  } as const satisfies Options
}

/** cron and some sudo set-ups leave out the folders where ip and nft live. */
function searchPath(): string {
  const given = process.env['PATH']
  return [...(given ? [given] : []), '/usr/sbin:/usr/bin:/sbin:/bin'].join(':')
}

function startFailure(program: string, { code }: Ended): DynfarmError {
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
async function letGoAfterExit(child: ChildProcess, outputs: OutputCollector[]): Promise<void> {
  await once(child, 'exit')
  const seen = () => outputs.reduce((sum, output) => sum + output.bytes, 0)
  let before = -1
  for (let look = 0, quiet = 0; look < MOST_LOOKS && quiet < QUIET_LOOKS; look += 1) {
    if (outputs.every((output) => output.ended)) return
    quiet = seen() === before ? quiet + 1 : 0
    before = seen()
    await Promise.race([sleep(LOOK_EVERY_MS), Promise.all(outputs.map((output) => output.end))])
  }
  for (const output of outputs) output.letGo()
}

function describeEnd(result: Ended, out: OutputCollector, err: OutputCollector): Outcome {
  const [stdout, stderr] = [out.read(), err.read()]
  return {
    code: result.timedOut ? TIMED_OUT : (result.exitCode ?? signalCode(result.signal)),
    stdout: stdout.text,
    stderr: stderr.text,
    ...(result.timedOut ? { timedOut: true } : {}),
    ...(stdout.cut || stderr.cut ? { cut: true } : {}),
  }
}

function signalCode(signal: NodeJS.Signals | undefined): number {
  return 128 + (signal === undefined ? 0 : constants.signals[signal])
}
