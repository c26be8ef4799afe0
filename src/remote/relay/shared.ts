import { KiB, MiB } from '../../protocol/size.ts'
import type { Entry } from '../copy/manifest.ts'
import type { PutPlan } from '../copy/plan-put.ts'

/** From whom one node fetches, as whom: the order of its `relay-fetch`. */
export interface Offer {
  name: string
  key: string
  address: string
  port: number
  /** Within which all must have come. */
  seconds: number
}

/** What is smaller is sent at once: it is not worth a question. */
const smallest = 4 * KiB

export function isShared({ type, size }: Entry): boolean {
  return type === 'file' && size >= smallest
}

/** What is less in all costs less than a sibling does. */
const worthwhile = 256 * KiB

/** The bytes that a node could have from a sibling. */
export function sharedBytes({ tree, alone }: PutPlan): number {
  return [...tree, ...alone]
    .filter(({ entry }) => isShared(entry))
    .reduce((sum, { entry }) => sum + entry.size, 0)
}

export function isWorthwhile(bytes: number): boolean {
  return bytes >= worthwhile
}

/** So slow a sibling is given up: the longest that fetching may take. */
export function secondsFor(bytes: number): number {
  return Math.min(86_400, 20 + Math.ceil(bytes / (MiB / 4)))
}
