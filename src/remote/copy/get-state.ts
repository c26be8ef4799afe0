import type { Landing } from '../files/landing.ts'
import type { Outcome } from '../outcome.ts'
import type { Received } from './receive.ts'

export interface GetJob {
  node: string
  sources: readonly string[]
  flat: boolean
  maxSize: number | undefined
  landing: Landing
  onBytes(bytes: number): void
  onPlaced(files: number): void
}

/** How far all sources of one node are. */
export interface GetState {
  received: Received[]
  faults: string[]
  /** Of the last step, or of the one that kept the others from being tried. */
  outcome: Outcome
}

/** One source of a node. */
export type One = GetJob & { source: string; state: GetState }

export function noteFailed({ outcome, faults }: GetState, source: string): void {
  if (outcome.class !== 'failed') return
  faults.push(outcome.reason ?? `"${source}": exit ${outcome.exit}`)
}

/** A path that no program takes for an option. */
export function pathOf(source: string): string {
  return source.startsWith('-') ? `./${source}` : source
}
