import { HostFault as Fault, type HostFault, type Outcome, outcomeOf } from './outcome.ts'
import type { Session } from './session/session.ts'
import type { Target } from './session/target.ts'

/** What is done once the connection stands; `again` makes one more. */
export type Work = (session: Session, again: () => Promise<Session>) => Promise<Outcome>

export interface HostPlan {
  work: Work
  /** Ends it, as ^C does. */
  signal: AbortSignal
  connect(target: Target): Promise<Session>
  /** How often what failed before the command started is tried again. */
  retries: number
  wait(ms: number): Promise<void>
  random(): number
}

export interface HostRun extends Outcome {
  attempts: number
  /** Milliseconds, as far as it came. */
  durations: { connect?: number; run?: number; total: number }
}

/** All attempts at one host; what has started is never tried again. */
export async function runHost(target: Target, plan: HostPlan): Promise<HostRun> {
  const begin = performance.now()
  let drops = 0
  for (let attempts = 1; ; attempts++) {
    const { fault, durations, ...outcome } = await attempt(target, plan)
    const retries = fault?.isDrop === true ? mostDrops : plan.retries + drops
    if (fault?.isDrop === true) drops += 1
    if (attempts > retries || !mayRetry(outcome, plan.signal))
      return { ...outcome, attempts, durations: { ...durations, total: since(begin) } }
    await plan.wait(backoff(attempts, plan.random()))
  }
}

/** An sshd that has too many logins at once drops some at random: it is asked again whatever was said. */
const mostDrops = 8

function mayRetry({ started, class: hostClass }: Outcome, signal: AbortSignal): boolean {
  const isPassing = ['unreachable', 'timeout', 'lost'].includes(hostClass)
  return !started && isPassing && !signal.aborted
}

/** 0.1 s, doubled each time up to 3.2 s, half of it by chance, so that many do not come back together. */
export function backoff(attempts: number, random: number): number {
  return 100 * 2 ** Math.min(attempts - 1, 5) * (0.5 + random)
}

interface Attempt extends Outcome {
  fault?: HostFault
  durations: { connect?: number; run?: number }
}

async function attempt(target: Target, plan: HostPlan): Promise<Attempt> {
  const begin = performance.now()
  const session = await connectOrStop(target, plan)
  const connect = since(begin)
  if (session instanceof Fault)
    return { ...outcomeOf(session, false), fault: session, durations: {} }
  try {
    const outcome = await plan.work(session, () => plan.connect(target))
    return { ...outcome, durations: { connect, run: since(begin) - connect } }
  } finally {
    session.close()
  }
}

/** A connection that comes after the run was stopped is closed again. */
async function connectOrStop(target: Target, plan: HostPlan): Promise<Session | HostFault> {
  const { signal } = plan
  const stopped = new Fault('skipped', 'connect', { reason: 'stopped before the command started' })
  if (signal.aborted) return stopped
  const connecting = plan.connect(target)
  const stop = Promise.withResolvers<HostFault>()
  const onAbort = () => stop.resolve(stopped)
  signal.addEventListener('abort', onAbort)
  try {
    const first = await Promise.race([connecting, stop.promise])
    if (first === stopped) connecting.then((late) => late.close()).catch(() => undefined)
    return first
  } catch (error) {
    if (error instanceof Fault) return error
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function since(begin: number): number {
  return Math.round(performance.now() - begin)
}
