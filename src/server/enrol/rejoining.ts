import type { Site } from '../../profile/types.ts'
import type { NodeCaller } from '../call.ts'
import type { Applicant } from './applicant.ts'
import type { Surroundings } from './surroundings.ts'

export interface Rejoining {
  readonly caller: NodeCaller
  readonly applicant: Applicant
  readonly site: Site
  readonly around: Surroundings
  /** For a certificate, should there have to be a new one. */
  readonly fresh: string
  /** Seconds until what it changes may be heard of again; 0 is now. */
  readonly patience: number
}
