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

/** How a node gets what it lacks. */
export type Turn =
  | { kind: 'seed'; seat: Seat }
  | { kind: 'sibling'; serving: Serving }
  | { kind: 'direct' }

/** So many nodes of a site are tried as the one that serves. */
const mostSeeds = 3
/** One that never served and failed so often is blocked for all. */
const mostFailures = 3

/** The nodes of one site in one run: the first that lacks something gets it from here, the others from that one. */
export class SiteRelay {
  #seat: Seat | undefined
  #tries = 0

  async turn(signal: AbortSignal): Promise<Turn> {
    while (this.#seat !== undefined) {
      const seat = this.#seat
      const serving = await seat.outcome()
      if (serving !== undefined && !isBlocked(serving)) return { kind: 'sibling', serving }
      if (serving !== undefined || signal.aborted) return { kind: 'direct' }
      if (this.#seat === seat) this.#seat = undefined
    }
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
  readonly #settled = Promise.withResolvers<Serving | undefined>()
  #heardAt = performance.now()

  /** It gets on. */
  heard(): void {
    this.#heardAt = performance.now()
  }

  /** What became of it: undefined when it cannot serve. */
  settle(serving?: Serving): void {
    this.#settled.resolve(serving)
  }

  async outcome(): Promise<Serving | undefined> {
    for (;;) {
      const left = this.#heardAt + stallMs - performance.now()
      if (left <= 0) return undefined
      const clock = startClock(left)
      const late = clock.over.then(() => 'late' as const)
      const settled = await Promise.race([this.#settled.promise, late])
      clock.stop()
      if (settled !== 'late') return settled
    }
  }
}
