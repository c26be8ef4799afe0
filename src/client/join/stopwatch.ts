export type Phase = 'contact' | 'enrol' | 'tunnel' | 'customise' | 'report'
/** Milliseconds. */
export type Timings = Partial<Record<Phase | 'total', number>>

/** One phase after the other. */
export class Stopwatch {
  readonly #start = performance.now()
  #since = this.#start
  #phase: Phase | undefined
  #timings: Timings = {}

  begin(phase: Phase): void {
    this.#endPhase()
    this.#phase = phase
  }

  /** So far; what is under way counts as if it ended now. */
  read(): Timings {
    this.#endPhase()
    return { ...this.#timings, total: Math.round(performance.now() - this.#start) }
  }

  #endPhase(): void {
    const now = performance.now()
    if (this.#phase !== undefined) {
      const before = this.#timings[this.#phase] ?? 0
      this.#timings[this.#phase] = before + Math.round(now - this.#since)
    }
    this.#since = now
  }
}
