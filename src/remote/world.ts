import { join } from 'node:path'
import type { Readable } from 'node:stream'
import type { AdminContext } from '../client/admin/access.ts'
import type { Log } from '../log.ts'

/** Of a person: its size, and how all keys go to a far side. */
export interface Terminal {
  size(): { rows: number; cols: number }
  onResize(listener: () => void): () => void
  raw(): () => void
}

/** What a run of `remote` gets from the process around it. */
export interface World extends Omit<AdminContext, 'access' | 'log'> {
  log: Log
  access: AdminContext['access'] & { ownState: string | undefined }
  stdin: Readable
  env: Readonly<NodeJS.ProcessEnv>
  stateDir: string
  /** Where a person sits at both ends. */
  terminal: Terminal | undefined
  terminals: { stdout: boolean; stderr: boolean }
  onNextInterrupt(listener: (signal: NodeJS.Signals) => void): void
  onHangup(listener: () => void): void
  onBrokenOutput(listener: (error: NodeJS.ErrnoException) => void): void
}

/** What `remote` keeps: root's with all of dynfarm's, a person's own at home. */
export function remoteFolder({ stateDir, access }: Pick<World, 'stateDir' | 'access'>): string {
  const isRoot = process.geteuid?.() === 0
  return join(isRoot ? stateDir : (access.ownState ?? stateDir), 'remote')
}
