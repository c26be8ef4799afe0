import { realMachine } from '../../apply/real-machine.ts'
import { transact } from '../../apply/transaction.ts'
import { DynfarmError } from '../../errors.ts'
import { observeNetwork } from '../observe-network.ts'
import { becomeService, enrolledHub } from './host.ts'
import type { Joined, JoinOptions, Known, Work } from './joined.ts'
import { becomeKnown } from './known.ts'
import { becomeNode, observeAround } from './node.ts'
import { persist } from './persist.ts'
import { readSettings } from './settings.ts'
import { nodePaths } from './state.ts'
import { Stopwatch } from './stopwatch.ts'
import { considerOffer, type Offer, takeOffer, type Updating } from './update.ts'
import type { Update } from './update-note.ts'

/** From a machine to a node, once; on a node that is as it should be, nothing. */
export async function join(options: JoinOptions): Promise<Joined> {
  requireRoot()
  const { stateDir, log, signal, machine = realMachine() } = options
  const settings = await readSettings(machine, options)
  const paths = nodePaths(stateDir)
  const common = { ...options, machine, state: paths.folder, paths, settings }
  // One offer, whatever is tried again.
  let tried: Update | undefined
  const attempt = async (): Promise<Joined> => {
    const done = await joinOnce({ ...common, update: tried })
    if (!('offer' in done)) return done
    const taken = await takeOffer(common, done.offer)
    if ('joined' in taken) return taken.joined
    tried = taken.update
    return await attempt()
  }
  const until = options.asUpdate === true ? 0 : Date.now() + settings.deadlineMs
  return await persist(attempt, { until, signal, say: log.warn })
}

/** One transaction. It ends early, with what is known so far, for another version to do the rest. */
async function joinOnce(common: Updating): Promise<Joined | { offer: Offer }> {
  const { machine, state, signal, log } = common
  return await transact({ machine, state, signal, log }, async (run) => {
    const watch = new Stopwatch()
    watch.begin('contact')
    const work = { ...common, run, watch, network: await observeNetwork(machine) }
    const around = observeAround(machine, work.network)
    // While the server is asked; what is wrong with it is told to who needs it.
    around.catch(() => {})
    const known = await becomeKnown(work)
    const { node, host } = known.kept.answer
    if (node !== undefined) {
      const release = await releaseFor(work, known)
      if ('offer' in release) return release
      const answer = { ...known.kept.answer, node }
      return await becomeNode({ ...work, ...release, ...(await around) }, { ...known, answer })
    }
    if (host === undefined) throw new Error('an answer without a node or a host was taken')
    return host.role === 'hub'
      ? await enrolledHub(work, known, host)
      : await becomeService(work, known, host)
  })
}

/** Only what the server says now: what it said once may have been taken back. */
async function releaseFor(
  work: Work,
  known: Known,
): Promise<{ offer: Offer } | { update?: Update | undefined }> {
  const { update, asUpdate = false } = work
  if (update !== undefined || asUpdate || !known.isFresh) return { update }
  return (await considerOffer(work, known)) ?? {}
}

export function requireRoot(): void {
  if (process.geteuid?.() === 0) return
  throw new DynfarmError('needs-root', 'this changes the network of this machine')
}
