import type { ObservedFile, ObservedPath } from '../observed.ts'
import type { Admin } from '../wanted.ts'
import type { SshdConfig } from './sshd-config.ts'

export interface KeysWanted {
  admins: readonly Admin[]
  /** The hubs' inner addresses, from which alone the keys may be used. */
  hubs: readonly string[]
  /** The node's inner addresses, at which sshd must answer. */
  addresses: readonly string[]
}

export interface ObservedSsh {
  /** Of root. */
  home: string
  groups: readonly string[]
  /** What sshd says for root from each hub; undefined where there is no sshd. */
  answers: readonly SshdAnswer[] | undefined
  /** The files that may hold the block. */
  candidates: readonly string[]
  /** What lies on the way to them. */
  paths: ReadonlyMap<string, ObservedPath>
  /** Those of them that are there, a symlink's goal included. */
  files: ReadonlyMap<string, ObservedFile>
}

export type SshdAnswer = { hub: string } & ({ config: SshdConfig } | { failure: string })
