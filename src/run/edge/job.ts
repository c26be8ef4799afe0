import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { type Cover, coverWords } from '../cover.ts'
import type { Hears } from '../cvmfs/ways.ts'
import { innerScript, jobScript } from '../scripts.ts'
import { type Attempt, endOf } from './attempt.ts'
import { type Child, environment, startChild, type Tools, writeEnd } from './child.ts'
import { JobProcess } from './job-process.ts'
import { entering, type Outer } from './outer.ts'
import { Words } from './words.ts'

/** The job's own namespaces, and later the job in them. Its standard streams and its terminal are those of this process. */
export interface Inner {
  /** Its first process, as the outer namespaces count. */
  pid: number
  /** Starts something else where the job is about to be. */
  attempt(line: Uint8Array, signal: AbortSignal): Promise<Attempt>
  /** Becomes the job. */
  start(line: Uint8Array, hears: Hears): void
  /** Whether there ever was a job, when it has ended. */
  hasBegun(): boolean
  /** Its exit code; 137 when all of it was killed. */
  ended: Promise<number>
  signal(name: NodeJS.Signals): void
  isStopped(): boolean
  /** Until then its network is there, and what it counted, also when the job has ended. */
  release(): void
}

export async function startInner(outer: Outer, cover: Cover, tools: Tools): Promise<Inner> {
  const namespaces = ['--user', '--map-root-user', '--net', '--mount', '--pid', '--fork']
  const [program = '', ...entry] = [...entering(outer), '--', 'unshare', ...namespaces]
  const child = spawn(program, [...entry, 'sh', '-c', innerScript, 'sh', ...coverWords(cover)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe', 'pipe'],
    env: { ...environment(tools.path), JOB: jobScript },
  })
  child.on('error', () => {})
  const words = new Words(child)
  const first = Number(await words.soon('init'))
  const waiting = Number(await words.soon('job'))
  await words.soon('mapped')
  const network = openSync(`/proc/${first}/ns/net`, 'r')
  const job = new JobProcess()
  words.onNext('job', (pid) => job.tell(Number(pid)))
  return {
    pid: pidWithin(first),
    attempt: (line, signal) => endOf(startBeside({ first, waiting }, tools), line, signal),
    start: (line, hears) => {
      job.begin(waiting, hears)
      writeEnd(child, 3).end(line)
    },
    ended: words.word('exit').then((code) => (code === undefined ? KILLED : Number(code))),
    hasBegun: () => job.hasBegun,
    signal: (name) => job.signal(name),
    isStopped: () => job.isStopped(),
    release: () => closeSync(network),
  }
}

/** A shell, in two steps: who is in the job's user namespace has no more power to enter the others. */
function startBeside({ first, waiting }: { first: number; waiting: number }, tools: Tools): Child {
  const user = openSync(`/proc/${waiting}/ns/user`, 'r')
  try {
    const inner = [...entering({ pid: first }), '--net', '--mount', '--']
    const last = ['nsenter', '--user=/proc/self/fd/3', '--preserve-credentials', '--', 'sh']
    return startChild([...inner, ...last], tools, [user])
  } finally {
    closeSync(user)
  }
}

const KILLED = 137

/** As the namespace next to this one counts: its number there comes second. */
function pidWithin(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^NSpid:\s+\d+\s+(\d+)/m.exec(status)?.[1])
}
