import type { Log } from '../log.ts'
import type { Profile } from '../profile/types.ts'
import type { AuditEntry } from '../protocol/records.ts'
import type { Store } from '../store/store.ts'
import type { Keys } from './keys.ts'
import type { Metrics } from './metrics.ts'

/** What the handlers of a running server share. */
export interface Server {
  readonly store: Store
  readonly keys: Keys
  readonly metrics: Metrics
  readonly log: Log
  /** The server's own folder, within the state folder. */
  readonly folder: string
  readonly now: () => number
  /** Of dynfarm, as MAJOR.MINOR.PATCH; run from its sources it has none. */
  readonly version: string
  /** The configuration in force; after a reload another one, so it is asked for once a request. */
  readonly profile: () => Profile
  /** Reads the configuration again; the old one stays in force when the new one has problems. */
  readonly reload: () => Promise<void>
  /** Calls back after each reload. Gives the way to end it. */
  readonly onReload: (listener: () => void) => () => void
}

/** An entry as most of them are; what is said is laid over it. */
export function auditEntry(
  entry: Pick<AuditEntry, 'time' | 'actor' | 'action'> & Partial<AuditEntry>,
): AuditEntry {
  return { subject: null, source: null, outcome: 'done', addresses: [], detail: {}, ...entry }
}
