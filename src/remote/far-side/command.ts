import { KiB } from '../../protocol/size.ts'
import { quote } from './quote.ts'
import { killScript, startScript, sudoScript } from './scripts.ts'

/** What is to run, and as what. */
export interface FarCommand {
  /** One text is a line for the account's shell; several are a program and its arguments, taken as they are. */
  words: readonly string[]
  sudo?: boolean
  as?: string
  env?: readonly string[]
  cwd?: string
}

export interface FarLimits {
  /** Seconds after which the far side ends it by itself; 0 is never. */
  seconds: number
}

/** Where a command that was started is found again. */
export interface FarPlace {
  pid: string
  session: string
  watchdog: string
  cgroup: string
}

/** How long what is to end may take for it, in fifths of a second. */
const patience = 10

/** What Linux takes as one argument, and sshd gives the account's shell all of it as one. */
const longestLine = 128 * KiB - 1
const longestMark = '0'.repeat(16)

export function isTooLong(command: FarCommand): boolean {
  const line = renderStart(command, longestMark, { seconds: Number.MAX_SAFE_INTEGER })
  return Buffer.byteLength(line) > longestLine
}

export function renderStart(command: FarCommand, mark: string, { seconds }: FarLimits): string {
  const { words, env = [], as: user = '', cwd = '', sudo = false } = command
  const form = words.length === 1 ? 'line' : 'argv'
  const limits = [mark, String(seconds), String(patience)]
  const rest = [...limits, user, cwd, form, String(env.length), ...env, ...words]
  return sudo
    ? inSh(sudoScript, startScript, rest)
    : inSh(startScript, 'dynfarm', ['0', '0', ...rest])
}

export function renderKill(command: FarCommand, mark: string, place: FarPlace): string {
  const { pid, session, watchdog, cgroup } = place
  const args = [mark, pid, session, watchdog, cgroup, String(patience)]
  const shell = inSh(killScript, 'dynfarm', args)
  return command.sudo === true ? `exec sudo -n -- ${shell.slice('exec '.length)}` : shell
}

function inSh(script: string, name: string, args: readonly string[]): string {
  return `exec /bin/sh -c ${[script, name, ...args].map(quote).join(' ')}`
}

/** The line by which the far side says that the command starts now. */
export function startMark(mark: string): RegExp {
  return new RegExp(
    `dynfarm:${mark}:(?<pid>\\d+):(?<session>\\d+|-):(?<watchdog>\\d+):(?<cgroup>[^\\r\\n]*)\\r?\\n`,
  )
}

export function parseStart(line: RegExpExecArray): FarPlace {
  const { pid = '', session = '', watchdog = '', cgroup = '' } = line.groups ?? {}
  return { pid, session, watchdog, cgroup }
}

export interface Killed {
  found: number
  left: number
}

export function parseKilled(text: string, mark: string): Killed | undefined {
  const [, found, left] = new RegExp(`^dynfarm:${mark}:(\\d+):(\\d+)$`, 'm').exec(text) ?? []
  return found === undefined ? undefined : { found: Number(found), left: Number(left) }
}
