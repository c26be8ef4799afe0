import { setTimeout as sleep } from 'node:timers/promises'

/** What may pass, and how: it counts, and waits where there is a limit. */
export type Gauge = (bytes: number) => Promise<void> | undefined

/** A token bucket that all streams of one limit share, the first to ask first served. */
export class Pace {
  readonly #bits: number
  readonly #now: () => number
  /** When all that was let through so far will have been sent at the rate. */
  #sentAt = 0

  /** Bits a second. */
  constructor(bits: number, now: () => number = () => performance.now()) {
    this.#bits = bits
    this.#now = now
  }

  /** How many milliseconds these bytes have to wait. */
  delay(bytes: number): number {
    const now = this.#now()
    this.#sentAt = Math.max(this.#sentAt, now - BURST_MS) + (bytes * 8000) / this.#bits
    return Math.max(0, this.#sentAt - now)
  }
}

/** So much at once after a rest. */
const BURST_MS = 20

/** All of them in turn hold what passes. */
export function gaugeOf(count: (bytes: number) => void, paces: readonly Pace[]): Gauge {
  return (bytes) => {
    count(bytes)
    const wait = Math.max(0, ...paces.map((pace) => pace.delay(bytes)))
    return wait < 1 ? undefined : sleep(wait)
  }
}
