import { constants } from 'node:os'
import { realMachine } from '../apply/real-machine.ts'
import { DynfarmError } from '../errors.ts'
import type { Log } from '../log.ts'
import { chooseMode, observeAbilities } from './abilities.ts'
import { Closing } from './closing.ts'
import { renderStart } from './command-line.ts'
import type { Bind } from './cover.ts'
import type { PrivateFolder } from './edge/folder.ts'
import { makeFolder } from './edge/folder.ts'
import {
  closeInherited,
  findProgram,
  ownAddresses,
  readOwn,
  readText,
  toolPath,
  writeStatus,
} from './edge/own.ts'
import { type JobIdentity, joinAsJob } from './enrolment.ts'
import { hostsFor, resolvFor } from './hosts.ts'
import type { Held } from './inside.ts'
import type { Wishes } from './options.ts'
import { type OnSignals, Signals } from './signals.ts'
import { openSpace, type Space } from './space.ts'
import type { Summary } from './summary.ts'
import { watchTraffic } from './watch.ts'

export interface RunOptions extends Wishes {
  site: string | undefined
  servers: readonly string[]
  token: string | undefined
  tokenFile: string | undefined
  /** A file that is the job's /etc/resolv.conf. */
  resolv: string | undefined
  binds: readonly Bind[]
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

/** What came of it; without a summary where a signal came before the job began. */
export type Ran = { exit: number; summary?: Summary }

export async function runJob(options: RunOptions): Promise<Ran> {
  const signals = new Signals(options.onSignals)
  const closing = new Closing()
  try {
    return await run(options, { signals, closing })
  } catch (error) {
    const { ending } = signals
    if (ending === undefined) throw error
    return { exit: 128 + constants.signals[ending] }
  } finally {
    await closing.close()
    tell(options, { state: 'gone' })
  }
}

interface Course {
  signals: Signals
  closing: Closing
}

async function run(options: RunOptions, { signals, closing }: Course): Promise<Ran> {
  const began = performance.now()
  const { self, temporary, limits, route } = options
  const machine = realMachine()
  const tools = { path: toolPath(self[0]), self }
  const own = readOwn(options.words)
  closeInherited(options.statusFd)
  const setpriv = findProgram('setpriv', tools.path)
  const mode = chooseMode(options.mode, await observeAbilities(machine, tools.path))
  const folder = makeFolder(temporary)
  closing.after(Promise.resolve(), () => folder.remove())
  const joining = closing.after(joinAsJob({ ...options, machine }, signals.aborted), (job) =>
    job.leave(),
  )
  const opening = closing.after(openSpace(options, folder, tools), (space) => space.end())
  const [identity, space] = await Promise.all([joining, opening])
  const { name, addresses } = identity.answer.node
  tell(options, { state: 'joined', name, addresses })
  writeNames(folder, identity, options)
  const held = await holdNetwork(options, { identity, space, signals })
  tell(options, { state: 'connected', rung: held.rung, mtu: held.mtu })
  if (signals.aborted.aborted) throw new DynfarmError('interrupted', 'interrupted')
  const traffic = watchTraffic(space.pid)
  signals.passTo(space.inner)
  space.inner.start(renderStart({ ...own, setpriv }))
  const startMs = performance.now() - began
  tell(options, { state: 'running', startMs: Math.round(startMs) })
  const ended = new AbortController()
  const telling = identity.report(held, startMs, ended.signal)
  const exit = await space.inner.ended
  signals.passTo(undefined)
  ended.abort()
  await telling
  tell(options, { state: 'ended', exit })
  const summary: Summary = {
    ...{ name, addresses, mode, rung: held.rung, route, startMs: Math.round(startMs) },
    ...{ ...traffic.end(), exit, limits: { rx: limits.rx ?? null, tx: limits.tx ?? null } },
  }
  return { exit, summary }
}

/** In place: the job's mounts show these very files. */
function writeNames(folder: PrivateFolder, { answer }: JobIdentity, options: RunOptions): void {
  const hosts = hostsFor(answer.node, answer.site?.hosts ?? [], readText('/etc/hosts'))
  folder.write('hosts', hosts)
  if (options.resolv === undefined)
    folder.write('resolv.conf', resolvFor(readText('/etc/resolv.conf'), options.route))
}

interface Holding {
  identity: JobIdentity
  space: Space
  signals: Signals
}

async function holdNetwork(options: RunOptions, holding: Holding): Promise<Held> {
  const { identity, space, signals } = holding
  const { route, limits, log } = options
  const { answer, secrets, proxy } = identity
  const order = {
    ...{ answer, secrets, proxy, route, limits },
    ...{ pid: space.inner.pid, closed: ownAddresses() },
  }
  const held = await space.keeper.hold(order, signals.aborted)
  for (const { rung, why } of held.earlier) log.warn(`rung "${rung}" does not do: ${why}`)
  return held
}

function tell({ statusFd }: RunOptions, record: object): void {
  if (statusFd !== undefined) writeStatus(statusFd, record)
}
