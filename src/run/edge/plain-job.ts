import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import { isAlive, type ProcessId, startTime } from '../../apply/process.ts'
import { DynfarmError } from '../../errors.ts'
import { sweepScript } from '../scripts.ts'
import { environment, startChild, type Tools, writeEnd } from './child.ts'
import { type Inner, stateOf } from './job.ts'

/** A job among the other processes of its user, for a machine that gives it no namespaces. */
export type PlainJob = Omit<Inner, 'pid' | 'release'>

/** It becomes the job when it is told what that is. */
const waiting = 'start=$(cat <&3); exec 3<&-; eval "$start"'

export function startPlain(tools: Tools): PlainJob {
  let child: ChildProcess | undefined
  let job: ProcessId | undefined
  const ended = Promise.withResolvers<number>()
  ended.promise.catch(() => {})
  const start = (line: Uint8Array) => {
    child = spawn('sh', ['-c', waiting], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      env: environment(tools.path),
    })
    if (child.pid !== undefined) job = { pid: child.pid, start: startTime(child.pid) ?? 0 }
    child.once('error', (cause) => ended.reject(refused(cause)))
    child.once('exit', (code, signal) => ended.resolve(exitOf(code, signal)))
    writeEnd(child, 3).end(line)
  }
  return {
    start,
    ended: ended.promise,
    signal: (name) => {
      if (job !== undefined && isAlive(job)) process.kill(job.pid, name)
    },
    isStopped: () => job !== undefined && isAlive(job) && stateOf(job.pid) === 'T',
  }
}

function refused(cause: Error): DynfarmError {
  return new DynfarmError('program-missing', 'program "sh" cannot be started', { cause })
}

function exitOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal])
}

/** However this process ends: what bears the mark is killed then. */
export function startSweeper(mark: string, tools: Tools): { end(): Promise<void> } {
  const child = startChild(['sh', '-c', sweepScript, 'sh', mark], tools, ['pipe'])
  const life = writeEnd(child.process, 3)
  return {
    end: async () => {
      life.destroy()
      await child.ended
    },
  }
}
