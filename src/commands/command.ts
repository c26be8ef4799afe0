import type { Readable } from 'node:stream'
import { DynfarmError, type ExitCode } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Terminal } from './terminal.ts'

/** One command: what its help says, and the one call that it makes. */
export interface CommandSpec {
  /** For the command's own help, where its line in the table does not say it all. */
  about?: string
  /** As commander writes them: `<needed>`, `[optional]`, `<several...>`. */
  arguments?: readonly ArgumentSpec[]
  options?: readonly OptionSpec[]
  examples: readonly Example[]
  /** Beside 0, 1, 64 and 130, which every command may end with. */
  exits: readonly (ExitCode | readonly [ExitCode, string])[]
  /** Options behind the first argument belong to what the command runs. */
  passThrough?: boolean
  run(input: Input, context: Context): Promise<Result>
}

export type ArgumentSpec = readonly [name: string, what: string, choices?: readonly string[]]

export type OptionSpec = readonly [flags: string, what: string, choices?: readonly string[]]

export type Example = readonly [command: string, what: string]

export interface Input {
  args: readonly string[]
  options: Readonly<Record<string, OptionValue>>
}

export type OptionValue = string | boolean | string[] | undefined

/** What a command gets from the process around it. */
export interface Context {
  log: Log
  configDir: string
  stateDir: string
  /** Where the server's socket for root is. */
  runDir: string
  access: Access
  /** Whether --json was given: for a command that writes as it goes. */
  asJson: boolean
  /** Asks to be told of ^C and SIGTERM, for a command that has something to put right before it ends. */
  onInterrupt(): AbortSignal
  /** Asks to be told of each SIGHUP, for a command that lives on after it. */
  onHangup(listener: () => void): void
  /** Asks to be told when the output cannot be written any more, for a command that does not just end then. */
  onBrokenOutput(listener: (error: NodeJS.ErrnoException) => void): void
  /** The same for one that has more than one answer: the listener is told once, and may ask again. */
  onNextInterrupt(listener: (signal: NodeJS.Signals) => void): void
  /** Asks for these signals, each time they come; none of them ends the process then. */
  onSignals(signals: readonly NodeJS.Signals[], listener: (signal: NodeJS.Signals) => void): void
  /** The command line that this program is started by. */
  self: readonly [string, ...string[]]
  env: Readonly<NodeJS.ProcessEnv>
  stdin: Readable
  /** Where a person sits at both ends. */
  terminal: Terminal | undefined
  /** Which of the streams a person looks at. */
  terminals: { stdout: boolean; stderr: boolean }
}

/** By what an administrator may be let in, besides the server's socket. */
export interface Access {
  /** The bundle that was named. */
  bundle: string | undefined
  /** Where a person's own is kept. */
  ownBundle: string | undefined
  /** Who became root by sudo. */
  sudoUser: string | undefined
  /** Where a person who is not root keeps what `remote` keeps, unless a state folder was named. */
  ownState: string | undefined
}

/** What a command found or did: the CLI prints it, as text or, with --json, as JSON. */
export interface Result {
  text: string
  /** Undefined where the records are out already. */
  json: unknown
  /** For a list that may be long: what --json prints instead, one line each. */
  records?: readonly unknown[]
  /** Said on standard error, for a person. */
  remark?: string
  /** Most commands end with one of `ExitCode`; `run` and `remote` also with the code of what they ran. */
  exit?: number
}

export function notBuilt(name: string): CommandSpec['run'] {
  return async () => {
    throw new DynfarmError('not-built', `"${name}" is not built yet`)
  }
}

export function textOption(options: Input['options'], name: string): string | undefined {
  const value = options[name]
  return typeof value === 'string' ? value : undefined
}

/** For what changes a machine: it is not left half-way because nobody listens any more, or a terminal hung up. */
export function goOnUnheard({ onBrokenOutput, onHangup }: Context): void {
  onBrokenOutput(() => {})
  onHangup(() => {})
}

/** Of a machine that is no part of any centre. */
export const notJoined: Result = {
  ...{ text: '', json: { joined: false }, exit: 3 },
  remark: 'this machine is not joined',
}

/** Of an option that takes several. */
export function textsOption(options: Input['options'], name: string): readonly string[] {
  const value = options[name]
  return Array.isArray(value) ? value : []
}
