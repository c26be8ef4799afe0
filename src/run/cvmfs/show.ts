import { realMachine } from '../../apply/real-machine.ts'
import type { DynfarmError } from '../../errors.ts'
import { renderStart, type Start } from '../command-line.ts'
import type { RunOptions } from '../options.ts'
import type { Ready } from '../ready.ts'
import { renderCvmfs, type Summary } from '../summary.ts'
import { chooseWay, nothingDoes, refuseWithout } from './choose.ts'
import { observeCvmfs } from './look.ts'
import { hasOwnProxy, proxyOf } from './proxy.ts'
import { type Hears, mounted, type Seen, startBy } from './ways.ts'

/** How the job is started, so that it sees what it asked for. */
export interface Shown {
  start: Start
  hears: Hears
  cvmfs: Summary['cvmfs']
}

/** undefined where nobody asked. */
export async function lookForCvmfs(
  { repositories }: RunOptions,
  path: string,
): Promise<Seen | undefined> {
  if (repositories.length === 0) return undefined
  const seen = await observeCvmfs(realMachine(), repositories, path)
  refuseWithout(seen, repositories)
  return seen
}

interface Showing {
  ready: Ready
  start: Start
  signal: AbortSignal
}

export async function showCvmfs(
  seen: Seen | undefined,
  options: RunOptions,
  { ready, start, signal }: Showing,
): Promise<Shown> {
  if (seen === undefined) return { start, hears: mounted.hears, cvmfs: null }
  const { repositories, route, log } = options
  const proxy = proxyOf(start.environment, ready.identity.answer, route)
  const way = await chooseWay(seen, {
    ...{ repositories, proxy, hasOwnProxy: hasOwnProxy(start.environment), start },
    attempt: (tried) => ready.job.attempt(renderStart(tried), signal),
  })
  const cvmfs = { repositories, way: way.name, proxy: way === mounted ? null : (proxy ?? null) }
  log.info(renderCvmfs(cvmfs))
  return { start: startBy(way, start), hears: way.hears, cvmfs }
}

/** What was to hold the job ended by itself: its code is not the job's. */
export function neverBegan({ cvmfs }: Shown, exit: number): DynfarmError {
  const { repositories = [], way = '' } = cvmfs ?? {}
  return nothingDoes(repositories, [`${way}: it ended with ${exit} before the job began`])
}
