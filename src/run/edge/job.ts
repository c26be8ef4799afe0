import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { isAlive, type ProcessId, startTime } from '../../apply/process.ts'
import { DynfarmError } from '../../errors.ts'
import { type Cover, coverWords } from '../cover.ts'
import { innerScript, jobScript } from '../scripts.ts'
import { environment, readEnd, type Tools, writeEnd } from './child.ts'
import { entering, type Outer } from './outer.ts'

/** The job's own namespaces, and later the job in them. Its standard streams and its terminal are those of this process. */
export interface Inner {
  /** Its first process, as the outer namespaces count. */
  pid: number
  /** Becomes the job. */
  start(line: Uint8Array): void
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
  const job = await processOf(Number(await words2.word('job')))
  await words2.word('mapped')
  const network = openSync(`/proc/${first}/ns/net`, 'r')
  return {
    pid: pidWithin(first),
    start: (line) => void writeEnd(child, 3).end(line),
    ended: words2.word('exit').then(Number, () => KILLED),
    signal: (name) => {
      if (isAlive(job)) process.kill(job.pid, name)
    },
    isStopped: () => isAlive(job) && stateOf(job.pid) === 'T',
    release: () => closeSync(network),
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

async function processOf(pid: number): Promise<ProcessId> {
  return { pid, start: startTime(pid) ?? 0 }
}

/** As the namespace next to this one counts: its number there comes second. */
function pidWithin(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^NSpid:\s+\d+\s+(\d+)/m.exec(status)?.[1])
}

export function stateOf(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
}
