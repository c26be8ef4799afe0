import { isInForeground, stopSelf } from './edge/own.ts'

/** Those that are the job's to hear. */
export const passed = [
  ...['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGTSTP', 'SIGCONT'],
] as readonly NodeJS.Signals[]

export type OnSignals = (
  signals: readonly NodeJS.Signals[],
  listener: (signal: NodeJS.Signals) => void,
) => void

interface Hearer {
  signal(name: NodeJS.Signals): void
  isStopped(): boolean
}

/** Before there is a job they end the preparations; then they are the job's, once each. */
export class Signals {
  readonly #abort = new AbortController()
  #job: Hearer | undefined
  #ending: NodeJS.Signals | undefined

  constructor(onSignals: OnSignals) {
    onSignals(passed, (signal) => this.#take(signal))
  }

  /** Of the preparations. */
  get aborted(): AbortSignal {
    return this.#abort.signal
  }

  /** By which the preparations were ended. */
  get ending(): NodeJS.Signals | undefined {
    return this.#ending
  }

  passTo(job: Hearer | undefined): void {
    this.#job = job
  }

  #take(signal: NodeJS.Signals): void {
    const hasHeard = fromTerminal.has(signal) && isInForeground()
    if (signal === 'SIGTSTP') this.#stop(hasHeard)
    else if (this.#job === undefined) this.#end(signal)
    else if (!hasHeard) this.#job.signal(signal)
  }

  #end(signal: NodeJS.Signals): void {
    if (!ends.has(signal)) return
    this.#ending ??= signal
    this.#abort.abort()
  }

  /** The shell that waits for this process is to see it stopped when the job is. */
  #stop(hasHeard: boolean): void {
    if (hasHeard || this.#job === undefined) {
      stopSelf()
      return
    }
    this.#job.signal('SIGTSTP')
    setTimeout(() => {
      if (this.#job?.isStopped()) stopSelf()
    }, STOPPING_MS)
  }
}

/** A terminal sends them to all processes in its foreground: the job is one of them. */
const fromTerminal: ReadonlySet<string> = new Set(['SIGINT', 'SIGQUIT', 'SIGTSTP', 'SIGHUP'])
const ends: ReadonlySet<string> = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP'])
const STOPPING_MS = 50
