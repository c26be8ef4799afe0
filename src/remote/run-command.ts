import { randomBytes } from 'node:crypto'
import type { ClientChannel } from 'ssh2'
import { type Drain, pumpOutput, type Sink } from './channel-output.ts'
import { type Clock, pause, startClock, within } from './deadline.ts'
import { type FarCommand, type FarPlace, renderStart } from './far-side/command.ts'
import { feed, type Input } from './input.ts'
import { killFar } from './kill.ts'
import { type HostClass, HostFault, type Outcome, outcomeOf, type Phase } from './outcome.ts'
import type { Exit, Session } from './session/session.ts'

export interface Run {
  command: FarCommand
  terminal?: { rows: number; cols: number; term: string } | undefined
  /** Milliseconds from the command's start; none is never. */
  timeout?: number | undefined
  input?: Input | undefined
  sink: Sink
  /** One more connection to the host, where its sshd allows one channel a connection. */
  again(): Promise<Session>
  /** Ends the command, as ^C does. */
  signal: AbortSignal
}

/** Until the far side says that the command starts. */
const openTimeout = 20_000
/** By so many seconds the far side lets this side be first. */
const farSlack = 15

/** Runs one command on one channel to its end, whatever the host does. Never rejects. */
export async function runCommand(session: Session, run: Run): Promise<Outcome> {
  if (run.signal.aborted) return outcomeOf(notBegun, false)
  const clock = startClock(openTimeout)
  try {
    return await follow(await begin(session, run, clock))
  } catch (error) {
    if (error instanceof HostFault) return outcomeOf(error, mayHaveStarted.has(error.hostClass))
    throw error
  } finally {
    clock.stop()
  }
}

/** It was asked to start and nothing more was heard of it: it may run there, and must not be started twice. */
const mayHaveStarted: ReadonlySet<HostClass> = new Set<HostClass>(['lost', 'timeout', 'killed'])

/** How long what was killed may still be heard. */
const lastWords = 1000

/** A command that has started. */
interface Started {
  session: Session
  run: Run
  mark: string
  place: FarPlace
  channel: ClientChannel
  drain: Drain
  exit: Promise<Exit>
  /** Resolves with the reason when there is no input to be had; otherwise never. */
  starved: Promise<string>
}

async function begin(session: Session, run: Run, clock: Clock): Promise<Started> {
  const mark = randomBytes(8).toString('hex')
  const seconds = run.timeout === undefined ? 0 : Math.ceil(run.timeout / 1000) + farSlack
  const late = () =>
    new HostFault('timeout', 'open', { reason: 'the command did not start in time' })
  const line = renderStart(run.command, mark, { seconds })
  const opened =
    run.terminal === undefined ? session.exec(line) : session.execAt(run.terminal, line)
  const stop = stopped(run.signal)
  for (const promise of [opened, stop]) promise.catch(() => undefined)
  const { channel, exit } = await within(
    Promise.race([opened, broken(session, 'open'), stop]),
    openTimeout,
    late,
  )
  const starved = starvedOf(feed(channel, run.input, session))
  const pumped = pumpOutput(channel, {
    mark,
    sink: run.sink,
    hasTerminal: run.terminal !== undefined,
  })
  const place = await Promise.race([
    pumped.started,
    exit.then(() => pumped.drain.done().then(notStarted)),
    broken(session, 'open'),
    clock.over.then(() => Promise.reject(late())),
    stop,
  ])
  return { session, run, mark, place, channel, drain: pumped.drain, exit, starved }
}

/** The input is on its way while the command starts, so that it costs no round trip. */
function starvedOf(fed: Promise<void>): Promise<string> {
  return fed.then(
    () => new Promise<never>(() => undefined),
    ({ message }: Error) => message,
  )
}

function notStarted(): never {
  throw new HostFault('refused', 'open', { reason: 'the account ran nothing' })
}

const notBegun = new HostFault('skipped', 'open', { reason: 'stopped before the command started' })

/** What was asked to start is waited for a moment, because only what has started can be seen to end. */
async function stopped(signal: AbortSignal): Promise<never> {
  await aborted(signal)
  await pause(2 * lastWords)
  throw new HostFault('killed', 'open', { reason: 'stopped while the command started' })
}

function broken(session: Session, phase: Phase): Promise<never> {
  const promise = session.ended.then((reason) => {
    throw new HostFault('lost', phase, { reason })
  })
  promise.catch(() => undefined)
  return promise
}

/** Resolves once; a signal that is never given resolves never. */
function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

type Turn =
  | { kind: 'exit'; exit: Exit }
  | { kind: 'lost'; reason: string }
  | { kind: 'late' | 'stop'; reason?: string }

async function follow(started: Started): Promise<Outcome> {
  const { session, run, starved } = started
  const clock = startClock(run.timeout)
  const turn = await Promise.race<Turn>([
    started.exit.then((exit) => ({ kind: 'exit', exit })),
    session.ended.then((reason) => ({ kind: 'lost', reason })),
    clock.over.then(() => ({ kind: 'late' })),
    aborted(run.signal).then(() => ({ kind: 'stop' })),
    starved.then((reason) => ({ kind: 'stop', reason: `standard input: ${reason}` })),
  ])
  clock.stop()
  if (turn.kind === 'exit') return ended(started, turn.exit)
  if (turn.kind === 'lost') return lost(turn.reason, 'run')
  return end(started, turn)
}

async function ended({ session, drain: output }: Started, exit: Exit): Promise<Outcome> {
  const broke = session.ended.then((reason) => ({ reason }))
  const done = await Promise.race([output.done(), broke])
  const facts = exitFacts(exit)
  if (done !== undefined) return { ...lost(done.reason, 'exit'), ...facts }
  if (exit.code === null && exit.signal === undefined)
    return lost('it closed the channel without an exit code', 'exit')
  const hostClass = exit.code === 0 ? 'ok' : exit.code === null ? 'killed' : 'failed'
  return { class: hostClass, phase: 'exit', started: true, ...facts }
}

function exitFacts({ code, signal }: Exit): { exit?: number; signal?: string } {
  return { ...(code !== null && { exit: code }), ...(signal !== undefined && { signal }) }
}

function lost(reason: string, phase: Phase): Outcome {
  return { class: 'lost', phase, started: true, reason }
}

async function end(
  started: Started,
  { kind, reason }: Turn & { kind: 'late' | 'stop' },
): Promise<Outcome> {
  const killed = await killFar(started)
  const heard = started.exit.then(() => started.drain.done())
  await Promise.race([heard, started.session.ended, pause(lastWords)])
  const hostClass = kind === 'late' ? 'timeout' : 'killed'
  return { class: hostClass, phase: 'run', started: true, killed, ...(reason && { reason }) }
}
