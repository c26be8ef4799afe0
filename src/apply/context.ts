import type { Machine } from './machine.ts'

/** Where apply tells what it does: `info` each Step as it begins, `debug` what need not be seen. */
export interface ApplyLog {
  info(text: string): void
  debug(text: string): void
}

export interface Context {
  machine: Machine
  log?: ApplyLog | undefined
  /** Ends the running command; what was done is undone. */
  signal?: AbortSignal | undefined
}
