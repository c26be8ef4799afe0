import type { Readable } from 'node:stream'
import type { Log } from '../log.ts'

/** What a run of `remote` gets from the process around it. */
export interface World {
  log: Log
  stdin: Readable
  env: Readonly<NodeJS.ProcessEnv>
  stateDir: string
  terminals: { stdout: boolean; stderr: boolean }
  onNextInterrupt(listener: (signal: NodeJS.Signals) => void): void
}
