import { DynfarmError } from '../errors.ts'
import type { Log } from '../log.ts'
import { parseRate } from '../profile/quantity.ts'
import type { Mode } from './abilities.ts'
import type { Bind } from './cover.ts'
import type { OnSignals } from './signals.ts'

/** As the command line has it. */
export interface Flags {
  mode: string | undefined
  route: string | undefined
  limitRx: string | undefined
  limitTx: string | undefined
  statusFd: string | undefined
}

export interface Wishes {
  mode: 'auto' | Mode
  route: 'split' | 'all'
  limits: { rx: number | undefined; tx: number | undefined }
  statusFd: number | undefined
}

export interface RunOptions extends Wishes {
  site: string | undefined
  servers: readonly string[]
  token: string | undefined
  tokenFile: string | undefined
  /** A file that is the job's /etc/resolv.conf. */
  resolv: string | undefined
  binds: readonly Bind[]
  /** Of CVMFS. */
  repositories: readonly string[]
  /** How many words of the command line are the job's. */
  words: number
  /** The command line that this program is started by. */
  self: readonly [string, ...string[]]
  configDir: string
  version: string
  platform: string
  temporary: string
  log: Log
  onSignals: OnSignals
}

export function readWishes({ mode, route, limitRx, limitTx, statusFd }: Flags): Wishes {
  return {
    mode: mode === 'ns' || mode === 'socks' ? mode : 'auto',
    route: route === 'all' ? 'all' : 'split',
    limits: { rx: rateOf('--limit-rx', limitRx), tx: rateOf('--limit-tx', limitTx) },
    statusFd: descriptorOf(statusFd),
  }
}

function rateOf(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const rate = parseRate(text)
  if (rate !== undefined && rate >= LEAST_RATE) return rate
  throw new DynfarmError('usage', `${flag} "${text}" is no rate`, { hint: 'as 20M, at least 100k' })
}

/** With less, not even the tunnel would come up. */
const LEAST_RATE = 100_000

function descriptorOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  if (/^\d{1,6}$/.test(text)) return Number(text)
  throw new DynfarmError('usage', `--status-fd "${text}" is no descriptor`)
}

/** As `/cvmfs` has them: names of hosts, of two labels at least, which lead nowhere else. */
export function readRepositories(texts: readonly string[]): string[] {
  const names = texts.flatMap((text) => text.split(','))
  for (const name of names)
    if (name.length > 253 || !/^[a-z0-9][\w-]*(\.[a-z0-9][\w-]*)+$/i.test(name))
      throw new DynfarmError('usage', `--cvmfs "${name}" is no repository`, {
        hint: 'as cms.cern.ch; several with commas between them',
      })
  return [...new Set(names)]
}

/** `FROM:TO`, by whole paths: where the job begins is not where mounts are made. */
export function readBinds(texts: readonly string[]): Bind[] {
  return texts.map((text) => {
    const [from = '', to = '', ...more] = text.split(':')
    const isWhole = from.startsWith('/') && to.startsWith('/') && more.length === 0
    if (isWhole && !isOwn.test(to)) return { from, to }
    if (isWhole) throw new DynfarmError('usage', `--bind "${text}": a job keeps its own "${to}"`)
    throw new DynfarmError('usage', `--bind "${text}" is no "/FROM:/TO"`)
  })
}

/** By these a job is started. */
const isOwn = /^\/+(proc(\/.*)?)?$/
