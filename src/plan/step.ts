/**
 * One change to a machine, as data: the same Step is shown by a dry run, logged, executed and undone.
 * Planners make Steps; only src/apply carries them out.
 */
export type Step = CommandStep | FileStep | WaitStep

export interface CommandStep {
  kind: 'command'
  reason: string
  argv: Argv
  /** Fed to standard input: batches for `ip -batch -` and `nft -f -`, and everything secret. */
  input?: Text
  /** Exit codes besides 0 that count as done. */
  tolerate?: readonly number[]
  timeoutMs?: number
  /**
   * What returns the machine to the state before this step. It must be harmless when the step was cut
   * off half-way: then every undo command runs all the same and its failures do not count.
   */
  undo?: readonly UndoCommand[]
}

/** A file as it should be. Its undo is the file as it was, which apply keeps in the journal. */
export interface FileStep {
  kind: 'file'
  reason: string
  path: string
  /** null: the file should not exist. */
  content: Text | Uint8Array | null
  /** Permission bits; a file that exists keeps its own when this is absent, a new one gets 0644. */
  mode?: number
  /** user or user:group by name or number; absent: as it is, or the running user's. */
  owner?: string
}

/** Polls a reading command until it succeeds. It changes nothing, so it has no undo. */
export interface WaitStep {
  kind: 'wait'
  reason: string
  argv: Argv
  timeoutMs: number
  intervalMs?: number
}

export interface UndoCommand {
  argv: Argv
  input?: Text
  tolerate?: readonly number[]
}

export type Argv = readonly [string, ...string[]]

/** Text that is shown as `<redacted N bytes>` wherever a Step is printed or logged. */
export type Text = string | Secret

export interface Secret {
  secret: string
}
