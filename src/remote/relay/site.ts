import { startClock } from '../deadline.ts'

/** A node that serves, and the key of each that may fetch from it. */
export interface Serving {
  seed: string
  address: string
  port: number
  keys: ReadonlyMap<string, string>
  /** How often it was of use, and how often not. */
  given: number
  failed: number
}

/** How a node gets what it lacks: as the one that is to serve, from that one, or else directly. */
export type Turn = { kind: 'seed' | 'sibling'; seat: Seat } | { kind: 'direct' }

/** So many nodes of a site are tried as the one that serves. */
const mostSeeds = 3
/** One that never served and failed so often is blocked for all. */
const mostFailures = 3

/** The nodes of one site in one run: the first that lacks something gets it from here, the others from that one. */
export class SiteRelay {
  #seat: Seat | undefined
  #tries = 0

  turn(): Turn {
    if (this.#seat?.serving !== undefined && isBlocked(this.#seat.serving))
      return { kind: 'direct' }
    if (this.#seat !== undefined && !this.#seat.isLost) return { kind: 'sibling', seat: this.#seat }
    if (this.#tries === mostSeeds) return { kind: 'direct' }
    this.#tries += 1
    this.#seat = new Seat()
    return { kind: 'seed', seat: this.#seat }
  }
}

function isBlocked({ given, failed }: Serving): boolean {
  return given === 0 && failed >= mostFailures
}

/** A seed to which nothing goes for so long keeps nobody waiting. */
const stallMs = 60_000

/** The place of the one that is to serve, while the others wait. */
export class Seat {
  /** It does not serve. */
  isLost = false
  serving: Serving | undefined
  readonly #settled = Promise.withResolvers<void>()
  #heardAt = performance.now()

  /** It gets on. */
  heard(): void {
    this.#heardAt = performance.now()
  }

  /** What became of it; the first word counts. */
  settle(serving?: Serving): void {
    if (this.isLost || this.serving !== undefined) return
    this.serving = serving
    this.isLost = serving === undefined
    this.#settled.resolve()
  }

  async outcome(): Promise<Serving | undefined> {
    while (!this.isLost && this.serving === undefined) {
      const left = this.#heardAt + stallMs - performance.now()
      if (left <= 0) this.settle()
      const clock = startClock(Math.max(0, left))
      await Promise.race([this.#settled.promise, clock.over])
      clock.stop()
    }
    return this.serving
  }
}
