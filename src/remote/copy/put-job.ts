import type { Offer } from '../relay/shared.ts'
import type { Blocks } from './blocks.ts'
import type { Sending } from './chunks.ts'
import type { PutPlan, PutTarget } from './plan-put.ts'
import type { Questions } from './survey.ts'

/** What all nodes are to have. */
export interface PutJob {
  target: PutTarget
  /** The target was written as a folder, or there are several sources. */
  needsFolder: boolean
  questions: Questions
  blocks: Blocks
}

export interface PutTally extends Sending {
  /** Told once it is known what the node lacks. */
  onPlan(plan: PutPlan): void
  onPlaced(files: number): void
}

export interface Way {
  /** The folder on the node that all is below. */
  top: string
  blocks: Blocks
  tally: PutTally
  /** A sibling that has, or will have, all of it; rejects when there is none after all. */
  offer?: Promise<Offer>
}
