import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Done, Task } from './client.ts'
import type { Serving } from './server.ts'

/** The process of the machines, which keeps those that joined. */
export interface Machines {
  run(task: Task): Promise<Done>
  end(): void
}

export function startMachines(): Machines {
  const child = fork(join(import.meta.dirname, 'client.ts'), { stdio: 'inherit' })
  return {
    run: async (task) => {
      child.send(task)
      return await answerOf(child)
    },
    end: () => child.disconnect(),
  }
}

async function answerOf(child: ChildProcess): Promise<Done> {
  const ended = new AbortController()
  const exit = once(child, 'exit', { signal: ended.signal }).then(() => {
    throw new Error('the process of the machines ended')
  })
  try {
    const [done] = await Promise.race([once(child, 'message', { signal: ended.signal }), exit])
    return done as Done
  } finally {
    exit.catch(() => {})
    ended.abort()
  }
}

export interface Load {
  readonly joinsPerSecond: number
  readonly p50: number
  readonly p99: number
  /** What one join took of the processors, in milliseconds. */
  readonly serverCpu: number
  readonly clientCpu: number
}

/** Puts a load on a server, all of which must be served. */
export async function measureLoad(
  serving: Serving,
  machines: Machines,
  task: Omit<Task, 'url'>,
): Promise<Load> {
  const before = serving.cpuSeconds()
  const done = await machines.run({ ...task, url: serving.url })
  const serverSeconds = serving.cpuSeconds() - before
  if (done.failures.length > 0)
    throw new Error(`${done.failures.length} failed, the first: ${done.failures[0]}`)
  const times = done.times.toSorted((a, b) => a - b)
  const at = (part: number): number => times[Math.floor((times.length - 1) * part)] ?? Number.NaN
  return {
    joinsPerSecond: task.count / done.seconds,
    p50: at(0.5),
    p99: at(0.99),
    serverCpu: (serverSeconds / task.count) * 1000,
    clientCpu: (done.cpuSeconds / task.count) * 1000,
  }
}
