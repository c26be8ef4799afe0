import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { DynfarmError } from '../../errors.ts'
import { sweepScript } from '../scripts.ts'
import { endOf } from './attempt.ts'
import { environment, readEnd, startChild, type Tools, writeEnd } from './child.ts'
import type { Inner } from './job.ts'
import { JobProcess } from './job-process.ts'

/** A job among the other processes of its user, for a machine that gives it no namespaces. */
export type PlainJob = Omit<Inner, 'pid' | 'release'>

/** It becomes the job when it is told what that is. */
const waiting = 'exec 9</proc; start=$(cat <&3); exec 3<&-; eval "$start"'

export function startPlain(tools: Tools): PlainJob {
  const job = new JobProcess()
  const ended = Promise.withResolvers<number>()
  ended.promise.catch(() => {})
  const start: PlainJob['start'] = (line, hears) => {
    const child = spawn('sh', ['-c', waiting], {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe', 'pipe'],
      env: environment(tools.path),
    })
    job.begin(child.pid, hears)
    const told = createInterface({ input: readEnd(child, 4) })
    told.on('line', (said) => job.tell(Number(said.split(' ')[1])))
    const closed = once(told, 'close')
    child.once('error', (cause) => ended.reject(refused(cause)))
    child.once('exit', async (code, signal) => {
      // What was told last may not have been read yet.
      await Promise.race([closed, sleep(GRACE_MS, undefined, { ref: false })])
      ended.resolve(exitOf(code, signal))
    })
    writeEnd(child, 3).end(line)
  }
  return {
    start,
    attempt: (line, signal) => endOf(startChild(['sh'], tools), line, signal),
    ended: ended.promise,
    hasBegun: () => job.hasBegun,
    signal: (name) => job.signal(name),
    isStopped: () => job.isStopped(),
  }
}

const GRACE_MS = 1000

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
