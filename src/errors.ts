/**
 * Every error a user can meet: its exit code, and what to do about it. docs/errors.md explains each.
 * Anything else that is thrown is a bug: exit 1, with its stack.
 */
export const errorTable = {
  usage: { exit: 64, hint: 'see "dynfarm help"' },
  'not-built': { exit: 69, hint: 'this version does not have the command yet; see CHANGELOG.md' },
  'program-missing': { exit: 69, hint: 'install the program named above, or put it on PATH' },
  'kernel-feature-missing': {
    exit: 69,
    hint: 'load the kernel module named above, or use another link or tunnel kind',
  },
  'command-failed': { exit: 71, hint: 'run the command above by hand to see what is the matter' },
  'file-refused': { exit: 71, hint: 'see to the file or name above, then run it again' },
  'state-unwritable': {
    exit: 71,
    hint: 'make room or give leave for the path above; without its journal dynfarm changes nothing',
  },
  'step-failed': {
    exit: 71,
    hint: 'what this run had changed was undone; mend the cause and run it again',
  },
  'undo-failed': {
    exit: 71,
    hint: 'the machine is not as it was; mend the cause and run it again to finish the undo',
  },
  'network-blocked': {
    exit: 71,
    hint: 'dynfarm never takes over what it did not make; remove or rename it, then run it again',
  },
  unfinished: { exit: 75, hint: 'run it again: it begins by undoing what the earlier run left' },
  busy: { exit: 75, hint: 'another dynfarm is at work on this state folder; wait for it to end' },
  'state-refused': {
    exit: 77,
    hint: 'the folder must belong to the user who runs this and be writable by nobody else',
  },
  'needs-root': { exit: 77, hint: 'run it as root' },
  'config-invalid': {
    exit: 78,
    hint: 'mend the places named above, then run "dynfarm check" again',
  },
  'config-missing': {
    exit: 78,
    hint: 'name the folder with --config DIR, or make one with "dynfarm init DIR"',
  },
  'journal-corrupt': {
    exit: 78,
    hint: 'see to it that the machine is as it should be, then move the file above away',
  },
  'journal-newer': { exit: 78, hint: 'run the newer dynfarm that wrote it' },
  interrupted: { exit: 130, hint: undefined },
} as const satisfies Record<string, { exit: number; hint: string | undefined }>

export type ErrorCode = keyof typeof errorTable

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
  readonly exit: number
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
