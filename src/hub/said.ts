import type { Log } from '../log.ts'

/** Tells of each trouble once, as long as it lasts. */
export class Said {
  readonly #log: Pick<Log, 'warn'>
  #lasting: ReadonlySet<string> = new Set()

  constructor(log: Pick<Log, 'warn'>) {
    this.#log = log
  }

  /** All troubles of now. */
  tell(troubles: readonly string[]): void {
    for (const trouble of new Set(troubles))
      if (!this.#lasting.has(trouble)) this.#log.warn(trouble)
    this.#lasting = new Set(troubles)
  }
}
