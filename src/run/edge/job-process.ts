import { isAlive, type ProcessId, startTime } from '../../apply/process.ts'
import type { Hears } from '../cvmfs/ways.ts'
import { readText, stateOf } from './own.ts'

/** Who a job is among the processes of the host: what became it, or, where another program holds it, whom that tells of. */
export class JobProcess {
  #process: ProcessId | undefined
  #hears: Hears = 'itself'
  #hasTold = false
  readonly #unheard: NodeJS.Signals[] = []

  begin(pid: number | undefined, hears: Hears): void {
    if (pid !== undefined) this.#process = idOf(pid)
    this.#hears = hears
  }

  tell(pid: number): void {
    this.#process = idOf(pid)
    this.#hasTold = true
    for (const name of this.#unheard.splice(0)) this.signal(name)
  }

  /** What was to hold the job may have ended before there was one. */
  get hasBegun(): boolean {
    return this.#hears !== 'told' || this.#hasTold
  }

  signal(name: NodeJS.Signals): void {
    if (!this.hasBegun) this.#unheard.push(name)
    for (const { pid } of this.#hearers()) process.kill(pid, name)
  }

  isStopped(): boolean {
    const [first] = this.#hearers()
    return first !== undefined && stateOf(first.pid) === 'T'
  }

  #hearers(): ProcessId[] {
    const own = this.#process
    if (own === undefined || !this.hasBegun || !isAlive(own)) return []
    return this.#hears === 'children' ? childrenOf(own.pid).filter(isAlive) : [own]
  }
}

function idOf(pid: number): ProcessId {
  return { pid, start: startTime(pid) ?? 0 }
}

function childrenOf(pid: number): ProcessId[] {
  const text = readText(`/proc/${pid}/task/${pid}/children`).trim()
  return text === '' ? [] : text.split(' ').map((one) => idOf(Number(one)))
}
