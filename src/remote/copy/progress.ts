import type { Course } from '../course.ts'
import type { World } from '../world.ts'
import { renderBytes } from './render.ts'

/** What is known of all that is to be moved. */
export interface Amount {
  moved: number
  /** Undefined where nobody knows. */
  total: number | undefined
}

const least = 200

/** One line on a terminal: hosts, bytes, rate, and how long it will take. */
export class CopyProgress {
  readonly #world: World
  readonly #course: Course
  readonly #count: number
  #last = 0

  constructor(world: World, course: Course, count: number) {
    this.#world = world
    this.#course = course
    this.#count = count
  }

  tick(amount: Amount): void {
    const ms = this.#course.elapsed()
    if (!this.#world.terminals.stderr || ms - this.#last < least) return
    this.#last = ms
    const done = `${this.#course.records.length} of ${this.#count} nodes`
    this.#world.log.progress(`${done}, ${renderAmount(amount, ms)}`)
  }

  end(): void {
    this.#world.log.progress('')
  }
}

export function renderAmount({ moved, total }: Amount, ms: number): string {
  const rate = ms === 0 ? 0 : (moved * 1000) / ms
  const speed = `${renderBytes(rate)}/s`
  if (total === undefined) return `${renderBytes(moved)}, ${speed}`
  const left = rate === 0 ? '' : `, ${Math.ceil(Math.max(0, total - moved) / rate)} s left`
  return `${renderBytes(moved)} of ${renderBytes(total)}, ${speed}${left}`
}
