import { constants } from 'node:os'
import { realMachine } from '../apply/real-machine.ts'
import { DynfarmError } from '../errors.ts'
import { chooseMode, type Mode, observeAbilities } from './abilities.ts'
import { Closing } from './closing.ts'
import { renderStart } from './command-line.ts'
import { lookForCvmfs, neverBegan, showCvmfs } from './cvmfs/show.ts'
import { closeInherited, refuseClosed, writeStatus } from './edge/descriptors.ts'
import { makeFolder } from './edge/folder.ts'
import { findProgram, readOwn, toolPath } from './edge/own.ts'
import { type JobIdentity, joinAsJob, settingsOf } from './enrolment.ts'
import { openInNamespaces } from './in-namespaces.ts'
import type { RunOptions } from './options.ts'
import { Signals } from './signals.ts'
import { openBySocks } from './socks/open.ts'
import type { Summary } from './summary.ts'
import { watchTraffic } from './watch.ts'

/** What came of it; without a summary where a signal came before the job began. */
export type Ran = { exit: number; summary?: Summary }

export async function runJob(options: RunOptions): Promise<Ran> {
  const { statusFd, log } = options
  if (statusFd !== undefined) refuseClosed(statusFd)
  const signals = new Signals(options.onSignals)
  const closing = new Closing()
  try {
    return await run(options, { signals, closing })
  } catch (error) {
    const { ending } = signals
    if (ending === undefined) throw error
    return { exit: 128 + constants.signals[ending] }
  } finally {
    // It must not hide how the job ended.
    await closing.close().catch((error) => log.warn(`something of the job stays: ${error.message}`))
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
  const tools = { path: toolPath(self[0]), self }
  const own = readOwn(options.words)
  closeInherited(options.statusFd)
  const setpriv = findProgram('setpriv', tools.path)
  const [mode, seen] = await Promise.all([
    modeFor(options, tools.path),
    lookForCvmfs(options, tools.path),
  ])
  const machine = realMachine()
  const settings = await settingsOf({ ...options, machine })
  const folder = makeFolder(temporary)
  closing.after(Promise.resolve(), () => folder.remove())
  const asking = joinAsJob({ ...options, machine, settings }, signals.aborted)
  const joining = closing.after(asking, (job) => job.leave())
  const joined = ({ answer: { node } }: JobIdentity) =>
    tell(options, { state: 'joined', name: node.name, addresses: node.addresses })
  const signal = signals.aborted
  const open = mode === 'ns' ? openInNamespaces : openBySocks
  const { tokenFiles } = settings
  const opening = { closing, folder, joining, joined, tokenFiles, tools, signal }
  const ready = await open(options, opening)
  const { identity, held, job } = ready
  const { name, addresses } = identity.answer.node
  tell(options, { state: 'connected', ...held })
  const start = { ...own, environment: ready.environment(own.environment), setpriv }
  const shown = await showCvmfs(seen, options, { ready, start, signal })
  if (signal.aborted) throw new DynfarmError('interrupted', 'interrupted')
  const traffic = watchTraffic(ready.count)
  signals.passTo(job)
  job.start(renderStart(shown.start), shown.hears)
  const startMs = performance.now() - began
  tell(options, { state: 'running', startMs: Math.round(startMs) })
  const ended = new AbortController()
  const telling = identity.report(held, startMs, ended.signal)
  const exit = await job.ended
  signals.passTo(undefined)
  ended.abort()
  await telling
  if (!job.hasBegun()) throw neverBegan(shown, exit)
  tell(options, { state: 'ended', exit })
  const summary: Summary = {
    ...{ name, addresses, mode, rung: held.rung, route, startMs: Math.round(startMs) },
    ...{ ...traffic.end(), exit, limits: { rx: limits.rx ?? null, tx: limits.tx ?? null } },
    ...{ dropped: await ready.dropped(), cvmfs: shown.cvmfs },
  }
  return { exit, summary }
}

async function modeFor({ mode: asked, log }: RunOptions, path: string): Promise<Mode> {
  if (asked === 'socks') return asked
  const { mode, reasons } = chooseMode(asked, await observeAbilities(realMachine(), path))
  if (reasons.length > 0)
    log.warn(['mode "socks", because "ns" does not do here', ...reasons].join('\n    '))
  return mode
}

function tell({ statusFd }: RunOptions, record: object): void {
  if (statusFd !== undefined) writeStatus(statusFd, record)
}
