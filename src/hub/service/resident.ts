import { setTimeout as sleep } from 'node:timers/promises'
import type { Machine } from '../../apply/machine.ts'
import { watchFolder } from '../../apply/watch.ts'
import { hasSeveralHubs } from '../../client/join/service.ts'
import { loadKept, nodePaths } from '../../client/join/state.ts'
import { DynfarmError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { openAnnounceSockets } from '../announce-sockets.ts'
import { watchKernel } from '../kernel-watch.ts'
import { Said } from '../said.ts'
import { Steerer } from './steerer.ts'

export interface Residence {
  stateDir: string
  log: Log
  end: AbortSignal
}

export async function isServiceHost(machine: Machine, stateDir: string): Promise<boolean> {
  const kept = await loadKept(machine, nodePaths(stateDir))
  return kept?.answer.host?.role === 'service'
}

/** A round at most so often, whatever happens. */
const leastMs = 500

/**
 * The host of a service with several hubs: each node's route leads to the hub that it is at, and the rest to a hub
 * that lives. What join made it keeps; what `down` has taken it leaves alone; and where nobody is joined it ends.
 */
export async function runService(
  machine: Machine,
  { stateDir, log, end }: Residence,
): Promise<void> {
  const paths = nodePaths(stateDir)
  const steerer = new Steerer({ machine, log, folder: paths.folder })
  const sockets = openAnnounceSockets((from, announcement) => steerer.heard(from, announcement))
  const watches = [
    watchFolder(paths.folder, () => steerer.look()),
    watchKernel(() => steerer.look()),
  ]
  const said = new Said(log)
  log.info('follows the hubs of this service')
  try {
    while (!end.aborted) {
      const kept = await loadKept(machine, paths)
      if (kept?.config === undefined || !hasSeveralHubs(kept.config)) break
      said.tell(await tryRound(steerer, kept.config))
      sockets.listenOn(steerer.addresses)
      await sleep(leastMs, undefined, { signal: end }).catch(() => {})
      await steerer.untilNews(end)
    }
    if (!end.aborted)
      log.info('this host is no service with several hubs: there is nothing to follow')
  } finally {
    for (const watch of watches) watch.stop()
    sockets.close()
  }
}

/** What goes wrong now may go better the next time. */
async function tryRound(
  steerer: Steerer,
  config: Parameters<Steerer['round']>[0],
): Promise<string[]> {
  try {
    await steerer.round(config)
    return []
  } catch (error) {
    if (!(error instanceof DynfarmError)) throw error
    return [`${error.message}; the next round tries again`]
  }
}
