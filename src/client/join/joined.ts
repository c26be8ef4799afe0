import type { Machine } from '../../apply/machine.ts'
import type { Run } from '../../apply/transaction.ts'
import type { Log } from '../../log.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import type { Secrets } from '../enrol.ts'
import type { FailedRung } from './ladder.ts'
import type { Flags, JoinSettings } from './settings.ts'
import type { Kept, NodePaths, Problem } from './state.ts'
import type { Stopwatch, Timings } from './stopwatch.ts'
import type { Update } from './update-note.ts'

export interface JoinOptions extends Flags {
  stateDir: string
  version: string
  platform: string
  /** The command line that this program is started by. */
  self: readonly [string, ...string[]]
  log: Log
  signal?: AbortSignal | undefined
  /** Another version waits for this one to join: once, and taking no release itself. */
  asUpdate?: boolean
  machine?: Machine
  /** Where versions lie; /opt/dynfarm when absent. */
  versionsRoot?: string
}

/** What a join came to. */
export interface Joined {
  state: 'ready' | 'failed'
  role: 'node' | 'hub' | 'service'
  name: string
  addresses: readonly string[]
  rung?: string
  mtu?: number
  /** The rungs before it, and why each did not do. */
  earlier: FailedRung[]
  /** `away`: it came up from what it had kept. */
  server: 'answered' | 'away'
  changed: boolean
  problems: Problem[]
  /** The hub leaves it ssh alone. */
  quarantined?: true
  /** What became of the release that the server offers. */
  update?: Update
  timings: Timings
}

/** What every stage of one join works with. */
export interface Work extends Omit<JoinOptions, 'machine'> {
  machine: Machine
  run: Run
  /** The folder of the journal, the record and the identity. */
  state: string
  paths: NodePaths
  settings: JoinSettings
  watch: Stopwatch
  /** As it was found before anything was changed. */
  network: ObservedNetwork
  /** What became of the release that is offered, when this version goes on. */
  update?: Update | undefined
}

export interface Known {
  kept: Kept
  secrets: Secrets
  /** The server answered just now. */
  isFresh: boolean
}
