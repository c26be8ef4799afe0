import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { DynfarmError } from '../../errors.ts'
import { type Cover, coverWords } from '../cover.ts'
import type { Hears } from '../cvmfs/ways.ts'
import { innerScript, jobScript } from '../scripts.ts'
import { type Attempt, endOf } from './attempt.ts'
import { type Child, environment, readEnd, startChild, type Tools, writeEnd } from './child.ts'
import { JobProcess } from './job-process.ts'
import { entering, type Outer } from './outer.ts'

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
  const words = [...entering(outer), '--', 'unshare', ...namespaces]
  const child = spawn(
    words[0] ?? '',
    [...words.slice(1), 'sh', '-c', innerScript, 'sh', ...coverWords(cover)],
    {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe', 'pipe'],
      env: { ...environment(tools.path), JOB: jobScript },
    },
  )
  child.on('error', () => {})
  const words2 = new Words(child)
  const first = Number(await words2.word('init'))
  const waiting = Number(await words2.word('job'))
  await words2.word('mapped')
  const network = openSync(`/proc/${first}/ns/net`, 'r')
  const job = new JobProcess()
  words2.onNext('job', (pid) => job.tell(Number(pid)))
  return {
    pid: pidWithin(first),
    attempt: (line, signal) => endOf(startBeside({ first, waiting }, tools), line, signal),
    start: (line, hears) => {
      job.begin(waiting, hears)
      writeEnd(child, 3).end(line)
    },
    ended: words2.word('exit').then(Number, () => KILLED),
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

/** Lines `WORD VALUE`, as the scripts write them. */
class Words {
  readonly #values = new Map<string, string>()
  readonly #waiting = new Map<string, (value: string | undefined) => void>()
  #isOver = false

  constructor(child: ChildProcess) {
    const lines = createInterface({ input: readEnd(child, 4) })
    lines.on('line', (line) => {
      const [word = '', value = ''] = line.split(' ')
      this.#values.set(word, value)
      this.#waiting.get(word)?.(value)
    })
    const end = () => {
      this.#isOver = true
      for (const tell of this.#waiting.values()) tell(undefined)
    }
    lines.on('close', end)
    child.on('error', end)
  }

  /** What comes of that name after what was waited for. */
  onNext(name: string, act: (value: string) => void): void {
    this.#waiting.set(name, (value) => {
      if (value !== undefined) act(value)
    })
  }

  async word(name: string): Promise<string> {
    const value =
      this.#values.get(name) ??
      (this.#isOver
        ? undefined
        : await new Promise<string | undefined>((tell) => this.#waiting.set(name, tell)))
    if (value !== undefined) return value
    throw new DynfarmError('namespaces-refused', 'the namespaces of the job did not come up')
  }
}

/** As the namespace next to this one counts: its number there comes second. */
function pidWithin(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^NSpid:\s+\d+\s+(\d+)/m.exec(status)?.[1])
}
