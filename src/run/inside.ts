import { realMachine } from '../apply/real-machine.ts'
import { type Run, transact } from '../apply/transaction.ts'
import type { Secrets } from '../client/enrol.ts'
import { type Climbed, climb } from '../client/join/ladder.ts'
import { observeOwn } from '../client/join/observe-own.ts'
import { refuseOverlap } from '../client/join/overlap.ts'
import { type NodeAnswer, reachOf } from '../client/join/reach.ts'
import { nodePaths, planIdentity } from '../client/join/state.ts'
import { observeNetwork } from '../client/observe-network.ts'
import { observeTools, type Tools, withoutRoot } from '../client/observe-tools.ts'
import type { Log } from '../log.ts'
import { tunnelDevice } from '../vpn/names.ts'
import type { JobNetwork } from './job-network.ts'
import { planJobNetwork } from './network.ts'

/** What the process in the outer namespaces is told; it comes through a pipe, and is nowhere else. */
export interface Order extends Pick<JobNetwork, 'pid' | 'route' | 'limits' | 'closed'> {
  answer: NodeAnswer
  secrets: Secrets
  proxy: string | undefined
}

/** What it answers. */
export interface Held {
  rung: string
  mtu: number
  earlier: Climbed['earlier']
}

/** In a /run of the outer namespaces' own, which ends with them. */
const STATE = '/run/dynfarm/job'

/**
 * Within the outer namespaces, as their root: the ladder of a machine that joins, and the job's network behind it. What
 * needs no order is looked at while it is on its way.
 */
export async function holdNetwork(
  ordered: Promise<Order>,
  { log, signal }: { log: Log; signal: AbortSignal },
): Promise<Held> {
  const machine = realMachine()
  const state = nodePaths(STATE).folder
  const [tools, order] = await Promise.all([observeTools(machine), ordered])
  return await transact({ machine, state, signal, log }, (run) => hold(order, { run, log, tools }))
}

interface Holding {
  run: Run
  log: Log
  tools: Tools
}

async function hold(order: Order, { run, log, tools }: Holding): Promise<Held> {
  const machine = realMachine()
  const { answer, secrets, proxy } = order
  const paths = nodePaths(STATE)
  const network = await observeNetwork(machine)
  refuseOverlap(answer, reachOf(answer), await observeOwn(machine, network))
  await run.apply(planIdentity(paths, secrets))
  const { rung, mtu, earlier } = await climb({
    ...{ machine, run, network, paths, answer, secrets, proxy, standing: undefined },
    ...{ count: Date.now(), say: log.warn },
    tools: withoutRoot(tools),
    // A job ends with its namespaces, and no other one takes its place.
    rejoin: ['true'],
  })
  const tunnel = { device: tunnelDevice(rung), mtu }
  await run.apply(planJobNetwork({ ...order, addresses: answer.node.addresses, tunnel }))
  return { rung, mtu, earlier }
}
