import { realMachine } from '../../apply/real-machine.ts'
import { transact } from '../../apply/transaction.ts'
import { DynfarmError } from '../../errors.ts'
import { observeNetwork } from '../observe-network.ts'
import { becomeService, enrolledHub } from './host.ts'
import type { Joined, JoinOptions } from './joined.ts'
import { becomeKnown } from './known.ts'
import { becomeNode } from './node.ts'
import { persist } from './persist.ts'
import { readSettings } from './settings.ts'
import { nodePaths } from './state.ts'
import { Stopwatch } from './stopwatch.ts'

/** From a machine to a node, once; on a node that is as it should be, nothing. */
export async function join(options: JoinOptions): Promise<Joined> {
  requireRoot()
  const { stateDir, log, signal, machine = realMachine() } = options
  const settings = await readSettings(machine, options)
  const paths = nodePaths(stateDir)
  const state = paths.folder
  const attempt = () =>
    transact({ machine, state, signal, log }, async (run) => {
      const watch = new Stopwatch()
      watch.begin('contact')
      const network = await observeNetwork(machine)
      const work = { ...options, machine, run, state, paths, settings, watch, network }
      const known = await becomeKnown(work)
      const { node, host } = known.kept.answer
      if (node !== undefined)
        return await becomeNode(work, { ...known, answer: { ...known.kept.answer, node } })
      if (host === undefined) throw new Error('an answer without a node or a host was taken')
      return host.role === 'hub'
        ? await enrolledHub(work, known, host)
        : await becomeService(work, known, host)
    })
  const until = Date.now() + settings.deadlineMs
  return await persist(attempt, { until, signal, say: log.warn })
}

export function requireRoot(): void {
  if (process.geteuid?.() === 0) return
  throw new DynfarmError('needs-root', 'this changes the network of this machine')
}
