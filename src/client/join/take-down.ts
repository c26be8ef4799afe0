import type { Machine } from '../../apply/machine.ts'
import type { Run } from '../../apply/transaction.ts'
import {
  LASTING_METRIC,
  type Network,
  nothing,
  type ObservedNetwork,
  type Route,
} from '../../net/network.ts'
import { planNetwork, requireUnblocked } from '../../net/plan-network.ts'
import type { CommandStep, Step } from '../../plan/step.ts'
import { keepaliveFiles } from '../../vpn/process/keepalive.ts'
import { observeNetwork } from '../observe-network.ts'
import type { Tools } from '../observe-tools.ts'
import { observeFiles } from '../observe-tunnel.ts'
import { isRefused, tryCommand } from '../reading.ts'
import { closedNetwork } from './network.ts'
import { listTunnels } from './observe-tunnel.ts'
import { planNoTunnels } from './plan-tunnel.ts'
import type { Reach } from './reach.ts'
import { runFolder, runFolders } from './tunnel.ts'

export interface Down {
  machine: Machine
  tools: Tools
  /** As it is, where that is known. */
  network?: ObservedNetwork | undefined
}

/** What stays of the network without a tunnel: the way to the centre closed, as it is closed now, or nothing at all. */
export interface Remains {
  closed: Reach | 'as-it-is' | undefined
}

export async function takeDown(
  { run, ...down }: Down & { run: Run },
  remains: Remains,
): Promise<void> {
  await run.apply(await planDown(down, remains))
}

export async function planDown(
  { machine, tools, network }: Down,
  { closed }: Remains,
): Promise<Step[]> {
  const [observed, folder] = await Promise.all([
    network ?? observeNetwork(machine),
    planNoFolder(machine),
  ])
  const names = await listTunnels(machine, observed)
  const wanted = closed === 'as-it-is' ? stillClosed(observed) : closedNow(closed)
  return [
    ...(await planNoTunnels(machine, names, tools)),
    ...requireUnblocked(planNetwork(wanted, observed)),
    ...folder,
  ]
}

function closedNow(closed: Reach | undefined): Network {
  return closed === undefined ? nothing : closedNetwork(closed)
}

/** For who does not know any more what the centre's addresses are. */
export function stillClosed({ routes }: Pick<ObservedNetwork, 'routes'>): Network {
  return { ...nothing, routes: routes.filter(isLasting) }
}

/** Whether a node that lost all that it knew was here: nobody else closes the way so, and a hub has a firewall besides. */
export function isOfNode({
  routes,
  firewall,
}: Pick<ObservedNetwork, 'routes' | 'firewall'>): boolean {
  return firewall === undefined && routes.some(isLasting)
}

function isLasting({ metric }: Route): boolean {
  return metric === LASTING_METRIC
}

/** Whether nothing of a node's network is here. A folder of its processes alone is a reason to look for these. */
export async function isBare({
  machine,
  tools,
  network,
}: Down & { network: ObservedNetwork }): Promise<boolean> {
  const { steps, blocked } = planNetwork(nothing, network)
  if (steps.length > 0 || blocked.length > 0) return false
  const files = keepaliveFiles({ supervisor: tools.supervisor, run: runFolder })
  return !(await isThere(machine, runFolder)) && (await observeFiles(machine, files)).size === 0
}

/** Whatever it is: the machine refuses to read what is no file. */
async function isThere(machine: Machine, path: string): Promise<boolean> {
  try {
    return (await machine.readFile(path)) !== undefined
  } catch (error) {
    if (isRefused(error)) return true
    throw error
  }
}

async function planNoFolder(machine: Machine): Promise<CommandStep[]> {
  if ((await tryCommand(machine, ['test', '-d', runFolder])).code !== 0) return []
  const argv = ['rmdir', '--ignore-fail-on-non-empty', ...runFolders] as const
  const undo = [{ argv: ['install', '-d', '-m', '0755', runFolder] as const }]
  return [{ kind: 'command', reason: 'folder of the tunnels', argv, undo, tolerate: [1] }]
}
