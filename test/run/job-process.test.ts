import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { JobProcess } from '../../src/run/edge/job-process.ts'

const started: ChildProcess[] = []

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

/** Says something when it is ready. */
async function start(script: string): Promise<{ pid: number; end: Promise<unknown[]> }> {
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  started.push(child)
  const end = once(child, 'exit')
  await once(child.stdout, 'data')
  return { pid: child.pid ?? 0, end }
}

const sleeping = 'echo ready; exec sleep 60'

test('the process that became the job hears its signals', async () => {
  const { pid, end } = await start(sleeping)
  const job = new JobProcess()
  job.begin(pid, 'itself')
  expect(job.hasBegun).toBe(true)
  job.signal('SIGUSR1')
  expect(await end).toEqual([null, 'SIGUSR1'])
  expect(job.isStopped()).toBe(false)
  job.signal('SIGTERM')
})

test('of a job that is held, he who is told of hears them, also those from before that', async () => {
  const [holder, held] = await Promise.all([start(sleeping), start(sleeping)])
  const job = new JobProcess()
  job.begin(holder.pid, 'told')
  job.signal('SIGTERM')
  expect(job.hasBegun).toBe(false)
  job.tell(held.pid)
  expect(job.hasBegun).toBe(true)
  expect(await held.end).toEqual([null, 'SIGTERM'])
  process.kill(holder.pid, 'SIGUSR2')
  expect(await holder.end).toEqual([null, 'SIGUSR2'])
})

test('below a program that traces the job, its children hear them and it does not', async () => {
  const { pid, end } = await start('sleep 60 & echo ready; wait $!; exit $(($? - 100))')
  const job = new JobProcess()
  job.begin(pid, 'children')
  job.signal('SIGTERM')
  expect(await end).toEqual([128 + 15 - 100, null])
})
