import type { Argv } from '../plan/step.ts'

/** A machine's customisation: what NodeConfig says, in the units that planners count in. */
export interface SiteWanted {
  node: NodeNames
  hostname: 'set' | 'keep'
  /** The node's own lines first. */
  hosts: readonly HostLine[]
  admins: readonly Admin[]
  /** The hubs' inner addresses: where administrators come from. */
  hubs: readonly string[]
  files: readonly FileWanted[]
  /** The paths of the files that were wanted last time. */
  formerFiles: readonly string[]
}

export interface NodeNames {
  name: string
  fqdn: string
  /** Its inner addresses. */
  addresses: readonly string[]
}

export interface HostLine {
  address: string
  names: readonly string[]
}

export interface Admin {
  name: string
  /** As in a .pub file. */
  key: string
}

export interface FileWanted {
  path: string
  content: string | Uint8Array
  /** Absent: as the file is; a new one gets 0644, a new secret 0600. */
  mode?: number
  /** user or user:group, by name or number. Absent: as the file is, or root's. */
  owner?: string
  secret: boolean
}

export interface CommandWanted extends CheckWanted {
  undo?: Argv
  /** Nothing to do when this succeeds. */
  unless?: Argv
  /** Nothing to do when this path exists. */
  creates?: string
}

export interface CheckWanted {
  name: string
  run: Argv
  timeoutMs: number
}

/** What does not stop the rest, and keeps the node from being ready: what is wrong, and what to do. */
export interface SiteProblem {
  code: string
  message: string
}
