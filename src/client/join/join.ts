import { realMachine } from '../../apply/real-machine.ts'
import { transact } from '../../apply/transaction.ts'
import { observeNetwork } from '../observe-network.ts'
import type { Joined, JoinOptions } from './joined.ts'
import { persist } from './persist.ts'
import { requireRoot } from './root.ts'
import { readSettings } from './settings.ts'
import { nodePaths } from './state.ts'
import { Stopwatch } from './stopwatch.ts'
import type { Offer, Updating } from './update.ts'
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
    const { takeOffer } = await import('./update.ts')
    const taken = await takeOffer(common, done.offer)
    if ('joined' in taken) return taken.joined
    tried = taken.update
    return await attempt()
  }
  const until = options.asUpdate === true ? 0 : performance.now() + settings.deadlineMs
  return await persist(attempt, { until, signal, say: log.warn })
}

/** One transaction. It ends early, with what is known so far, for another version to do the rest. */
async function joinOnce(common: Updating): Promise<Joined | { offer: Offer }> {
  const { machine, state, signal, log } = common
  return await transact({ machine, state, signal, log }, async (run) => {
    const watch = new Stopwatch()
    watch.begin('contact')
    // The rest of this program is loaded while others look at the network.
    const [network, { becomePart }] = await Promise.all([
      observeNetwork(machine),
      import('./become.ts'),
    ])
    return await becomePart({ ...common, run, watch, network })
  })
}
