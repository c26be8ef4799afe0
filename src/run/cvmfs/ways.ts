import type { Bytes, Start } from '../command-line.ts'
import { belowScript } from '../scripts.ts'
import { CVMFS_PROXY } from './proxy.ts'

/** What this machine has for repositories of CVMFS. */
export interface Seen {
  /** Why they are not there already; undefined where they are. */
  unmounted: string | undefined
  /** Whole paths. */
  cvmfsexec: string | undefined
  parrot: string | undefined
}

/** One way by which /cvmfs/REPO may come before a job's eyes. */
export interface Way {
  name: 'mounted' | 'cvmfsexec' | 'Parrot'
  /** What starts the job, and all else that is to see the repositories. */
  program: readonly string[]
  /** Between that and the job: tells who the job is. */
  below: readonly string[]
  /** Laid over the job's environment. */
  environment: readonly string[]
  /** Who hears the job's signals. */
  hears: Hears
}

/** The process that dynfarm started, that which it told of later, or the children of the first. */
export type Hears = 'itself' | 'told' | 'children'

/** A sentence for each of the ways that this machine has not. */
export function missingOf({ unmounted, cvmfsexec, parrot }: Seen): string[] {
  const nowhere = 'is not on PATH, nor beside dynfarm'
  return [
    ...(unmounted === undefined ? [] : [`mounted already: ${unmounted}`]),
    ...(cvmfsexec === undefined ? [`cvmfsexec: it ${nowhere}`] : []),
    ...(parrot === undefined ? [`Parrot: "parrot_run" ${nowhere}`] : []),
  ]
}

export const WAYS = 3

export interface Wanted {
  repositories: readonly string[]
  proxy: string | undefined
  /** Of the user's own environment, which Parrot heeds. */
  hasOwnProxy: boolean
}

/** Those that may do, in the order in which they are tried; and why not the others. */
export function planWays(seen: Seen, wanted: Wanted): { ways: Way[]; missing: string[] } {
  const { cvmfsexec, parrot } = seen
  const isBare = wanted.proxy === undefined && !wanted.hasOwnProxy
  const ways = [
    ...(seen.unmounted === undefined ? [mounted] : []),
    ...(cvmfsexec === undefined ? [] : [byCvmfsexec(cvmfsexec, wanted)]),
    ...(parrot === undefined || isBare ? [] : [byParrot(parrot, wanted)]),
  ]
  const without = parrot !== undefined && isBare ? [NO_PROXY] : []
  return { ways, missing: [...missingOf(seen), ...without] }
}

const NO_PROXY = `Parrot: it wants a proxy, but the site's profile names no squid, and ${CVMFS_PROXY} and HTTP_PROXY are not set`

/** Nothing stands between dynfarm and the job. */
export const mounted: Way = {
  name: 'mounted',
  ...{ program: [], below: [], environment: [], hears: 'itself' },
}

/** It shields its command from signals, in process numbers of its own: so the job has to tell who it is. */
function byCvmfsexec(path: string, { repositories, proxy }: Wanted): Way {
  return {
    name: 'cvmfsexec',
    program: [path, ...repositories, '--'],
    below: ['/bin/sh', '-c', belowScript, 'sh'],
    environment: proxy === undefined ? [] : [`${CVMFS_PROXY}=${proxy}`],
    hears: 'told',
  }
}

/** The job is its child, and the only one. */
function byParrot(path: string, { repositories, proxy }: Wanted): Way {
  const options = [
    ...(proxy === undefined ? [] : [`--proxy=${proxy}`]),
    ...(repositories.length > 1 ? ['--cvmfs-repo-switching'] : []),
  ]
  return {
    name: 'Parrot',
    program: [path, ...options, '--'],
    ...{ below: [], environment: [], hears: 'children' },
  }
}

/** What would be started without this way, started by it. */
export function startBy(way: Way, start: Start): Start {
  const environment = overlaid(start.environment, way.environment)
  const command = [...way.below, ...start.command]
  const preload = environment.find((line) => nameOf(line) === 'LD_PRELOAD')
  const tells = way.below.length > 0
  // A library with threads of its own, as proxychains has, keeps cvmfsexec from making namespaces.
  if (way.name !== 'cvmfsexec' || preload === undefined)
    return { ...start, environment, command: [...way.program, ...command], tells }
  const without = ['env', '-u', 'LD_PRELOAD', ...way.program, 'env', preload]
  return { ...start, environment, command: [...without, ...command], tells }
}

/** Laid over another: what is said of a name last counts. */
export function overlaid(own: readonly Bytes[], more: readonly Bytes[]): Bytes[] {
  const names = new Set(more.map(nameOf))
  return [...own.filter((line) => !names.has(nameOf(line))), ...more]
}

function nameOf(line: Bytes): Bytes {
  return line.split('=', 1)[0] ?? ''
}
