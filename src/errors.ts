/**
 * Every error a user can meet: its exit code, and what to do about it. docs/errors.md explains each.
 * Anything else that is thrown is a bug: exit 1, with its stack.
 */
export const errorTable = {
  usage: { exit: 64, hint: 'see "dynfarm help"' },
  'not-built': { exit: 69, hint: 'CHANGELOG.md says what this version has' },
  'program-missing': { exit: 69, hint: 'install the program named above, or put it on PATH' },
  'kernel-feature-missing': {
    exit: 69,
    hint: 'load the kernel module named above, or use another kind of link or tunnel',
  },
  'step-failed': {
    exit: 71,
    hint: 'what this run had changed was undone; mend the cause and run it again',
  },
  'undo-failed': {
    exit: 71,
    hint: 'the machine is not as it was; mend the cause and run it again to finish the undo',
  },
  'store-unavailable': {
    exit: 75,
    hint: 'look after the database named above; the server goes on when it answers again',
  },
  busy: { exit: 75, hint: 'another dynfarm is at work on this state folder; wait for it to end' },
  'needs-root': { exit: 77, hint: 'run it as root' },
  'store-newer': {
    exit: 78,
    hint: 'start a dynfarm as new as the one that used this store, or restore the backup from before it',
  },
  'store-damaged': {
    exit: 78,
    hint: 'restore the store from a backup; the hubs bring back what is newer',
  },
  'config-invalid': {
    exit: 78,
    hint: 'mend the places named above, then run "dynfarm check" again',
  },
  'config-missing': {
    exit: 78,
    hint: 'name the folder with --config DIR, or make one with "dynfarm init DIR"',
  },
  interrupted: { exit: 130, hint: undefined },
} as const satisfies Record<string, { exit: number; hint: string | undefined }>

export type ErrorCode = keyof typeof errorTable

/** What each exit code means, as every command's help tells it. */
export const exitMeanings = {
  0: 'done',
  1: 'a bug in dynfarm; its stack is shown',
  3: 'not joined',
  4: 'degraded',
  64: 'wrong usage',
  69: 'a needed program or kernel feature is missing',
  71: 'a step failed; what it had changed was undone, or the message says what was kept',
  75: 'not possible now; try again later',
  77: 'refused, or root is needed',
  78: 'the configuration has problems',
  125: 'dynfarm itself failed, not the job',
  130: 'interrupted',
} as const satisfies Record<number, string>

export type ExitCode = keyof typeof exitMeanings

interface ErrorOptions {
  /** Replaces the table's hint where the place knows better. */
  hint?: string
  cause?: unknown
  /** Goes into the --json form of the error. */
  details?: Record<string, unknown>
}

/** An error that a user can cause and mend: lower case, no full stop, the offending value in quotes. */
export class DynfarmError extends Error {
  override readonly name = 'DynfarmError'
  readonly code: ErrorCode
  readonly exit: ExitCode
  readonly hint: string | undefined
  readonly details: Record<string, unknown> | undefined

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.exit = errorTable[code].exit
    this.hint = options.hint ?? errorTable[code].hint
    this.details = options.details
  }
}
