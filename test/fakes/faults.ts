import type { Machine } from '../../src/apply/machine.ts'

/** What happens at a call, in the place of it (`before`) or when it has done its work (`after`). */
export interface Fault {
  /** The first call is 1; `run`, `writeFile` and `removeFile` count, a reading of a file does not. */
  at: number
  when: 'before' | 'after'
  strike: () => void | Promise<void>
}

export interface FaultyMachine extends Machine {
  /** How many calls there were: a run without a fault says how far k may go. */
  readonly calls: number
}

/** A machine on which one call goes wrong. Later calls, those of the undo above all, go well again. */
export function withFault(machine: Machine, fault?: Fault): FaultyMachine {
  let calls = 0
  async function counted<T>(call: () => Promise<T>): Promise<T> {
    calls += 1
    const strikes = fault !== undefined && calls === fault.at
    if (strikes && fault.when === 'before') await fault.strike()
    const result = await call()
    if (strikes && fault.when === 'after') await fault.strike()
    return result
  }
  return {
    get calls() {
      return calls
    },
    run: (command) => counted(() => machine.run(command)),
    readFile: (path) => machine.readFile(path),
    writeFile: (path, file) => counted(() => machine.writeFile(path, file)),
    removeFile: (path) => counted(() => machine.removeFile(path)),
  }
}

export class InjectedFault extends Error {}

/** The call fails; apply takes an error that is not the user's for a bug, and undoes all the same. */
export function failing(): void {
  throw new InjectedFault('injected')
}

/** The user's ^C. With `before` the call itself still begins, and is ended by the signal. */
export function interrupting(controller: AbortController): () => void {
  return () => controller.abort()
}

/** SIGKILL: nothing more is done, not even an undo. */
export function killing(): void {
  process.kill(process.pid, 'SIGKILL')
}
