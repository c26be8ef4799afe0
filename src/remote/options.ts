import { DynfarmError } from '../errors.ts'
import { parseDuration } from '../profile/quantity.ts'
import { type FarCommand, isTooLong } from './far-side/command.ts'
import type { Wanted } from './select.ts'

/** As the command line gives them. */
export type Given = Readonly<Record<string, string | boolean | string[] | undefined>>

/** How a node is logged in on. */
export interface LoginOptions {
  identity: string | undefined
  user: string
  connectTimeout: number
  /** A hub, where the way goes through one. */
  via: string | undefined
}

/** Which nodes, and how they are gone through. */
export interface FanOutOptions extends LoginOptions {
  wanted: Wanted
  width: number
  commandTimeout: number | undefined
  retries: number
  failedTo: string | undefined
  dryRun: boolean
  lock: string | undefined
  stopAtFailure: boolean
  worst: boolean
}

export interface ExecOptions extends FanOutOptions {
  command: FarCommand
  hasTerminal: boolean
  view: 'live' | 'gathered' | 'records'
  prefix: boolean
  diff: boolean
  outdir: string | undefined
  errdir: string | undefined
  readsInput: boolean
}

export function execOptions(words: readonly string[], given: Given): ExecOptions {
  const { json, gather, diff } = given
  if (diff && !gather) throw usage('--diff needs --gather')
  if (json && gather) throw usage('--json and --gather do not go together')
  return {
    ...fanOutOptions(given),
    command: commandOf(words, given),
    hasTerminal: given['tty'] === true,
    view: json === true ? 'records' : gather === true ? 'gathered' : 'live',
    prefix: given['prefix'] !== false,
    diff: diff === true,
    outdir: text(given, 'outdir'),
    errdir: text(given, 'errdir'),
    readsInput: given['input'] !== false,
  }
}

export function fanOutOptions(given: Given): FanOutOptions {
  const [nodes, exclude] = [texts(given, 'nodes'), texts(given, 'exclude')]
  if (nodes.length === 0) throw new DynfarmError('nothing-selected', 'no nodes are named')
  return {
    wanted: { nodes, exclude, all: given['all'] === true },
    ...loginOptions(given),
    width: count(given, 'fanout', 1) ?? 64,
    commandTimeout: duration(given, 'commandTimeout'),
    retries: count(given, 'retry', 0) ?? 0,
    failedTo: text(given, 'failedTo'),
    dryRun: given['dryRun'] === true,
    lock: lockName(given),
    stopAtFailure: given['stopAtFailure'] === true,
    worst: given['worstCode'] === true,
  }
}

/** As which user it is done, by which account it came there. */
export function accountOf(user: string, { sudo, as }: { sudo?: boolean; as?: string }): string {
  const run = as ?? (sudo === true ? 'root' : user)
  return run === user ? user : `${run} by ${user}`
}

export function loginOptions(given: Given): LoginOptions {
  return {
    identity: text(given, 'identity'),
    user: account(given, 'login') ?? 'root',
    connectTimeout: duration(given, 'connectTimeout') ?? 10_000,
    via: text(given, 'via'),
  }
}

function commandOf(words: readonly string[], given: Given): FarCommand {
  const env = texts(given, 'env')
  const strange = env.find((each) => !/^[A-Za-z_]\w*=/.test(each))
  if (strange !== undefined) throw usage(`"${strange}" is no assignment like NAME=value`)
  const [as, cwd] = [account(given, 'as'), text(given, 'cwd')]
  for (const word of [...words, ...env, cwd ?? '']) refuseOdd(word, 'an argument')
  const command = {
    words,
    env,
    sudo: given['sudo'] === true,
    ...(as !== undefined && { as }),
    ...(cwd !== undefined && { cwd }),
  }
  if (isTooLong(command))
    throw usage('the command is too long: beyond 120 KiB it goes by standard input, as to "sh -s"')
  return command
}

/** Of bytes that are no UTF-8 nothing but this character came here, so something else would be done than was meant. */
const lost = '\ufffd'

export function refuseOdd(word: string, what: string): void {
  if (word.includes('\0')) throw usage(`${what} has a NUL character`)
  if (word.includes(lost)) throw usage(`${what} is no UTF-8: "${word}"`)
}

export function text(given: Given, name: string): string | undefined {
  const value = given[name]
  return typeof value === 'string' ? value : undefined
}

/** Of an option that may be given again and again. */
function texts(given: Given, name: string): readonly string[] {
  const value = given[name]
  return Array.isArray(value) ? value : []
}

export function account(given: Given, name: string): string | undefined {
  const value = text(given, name)
  if (value !== undefined && !/^[a-z_][a-z0-9_.-]{0,31}\$?$/i.test(value))
    throw usage(`"${value}" is no name of an account`)
  return value
}

function lockName(given: Given): string | undefined {
  const value = text(given, 'lock')
  if (value !== undefined && !/^[A-Za-z0-9_][\w.-]{0,63}$/.test(value))
    throw usage(`"${value}" is no name for a lock: letters, digits, "_", "-" and "."`)
  return value
}

function count(given: Given, name: string, least: number): number | undefined {
  const value = text(given, name)
  if (value === undefined) return undefined
  const number = /^\d{1,6}$/.test(value) ? Number(value) : -1
  if (number < least) throw usage(`"${value}" is no number from ${least} on`)
  return number
}

/** The longest that a timer takes. */
const longestTime = 2 ** 31 - 1

function duration(given: Given, name: string): number | undefined {
  const value = text(given, name)
  if (value === undefined) return undefined
  const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : parseDuration(value)
  if (ms === undefined || ms < 1 || ms > longestTime)
    throw usage(`"${value}" is no duration like "30", "30s" or "5m", of 24 days at most`)
  return ms
}

export function usage(message: string): DynfarmError {
  return new DynfarmError('usage', message)
}
