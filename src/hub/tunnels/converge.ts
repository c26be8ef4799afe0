import { type Converged, convergePlan } from '../../apply/apply.ts'
import type { Context } from '../../apply/context.ts'
import type { Machine } from '../../apply/machine.ts'
import type { Tools } from '../../client/observe-tools.ts'
import { observeFiles, observeOpenvpn } from '../../client/observe-tunnel.ts'
import { DynfarmError } from '../../errors.ts'
import { TUNNEL_MTU } from '../../net/link.ts'
import type { Device, ObservedDevice } from '../../net/network.ts'
import type { Step } from '../../plan/step.ts'
import { tunnelDevice, unitPath } from '../../vpn/names.ts'
import { planClients } from '../../vpn/openvpn/clients.ts'
import { planNoOpenvpn, planOpenvpn } from '../../vpn/process/openvpn.ts'
import {
  planNoWireguardGo,
  planWireguardGo,
  wireguardGoFiles,
} from '../../vpn/process/wireguard-go.ts'
import { planWireguard } from '../../vpn/wireguard/plan.ts'
import type { ObservedWireguard } from '../../vpn/wireguard/wireguard.ts'
import type { HubIdentity } from '../identity.ts'
import type { LiveNode } from '../roster.ts'
import { listOpenvpn, observeClients } from './observe.ts'
import {
  clientsOf,
  type HubTunnel,
  missing,
  openvpnPlace,
  openvpnProcess,
  pathsOf,
  wireguardTunnel,
} from './wanted.ts'

export interface Tunnels {
  wanted: readonly HubTunnel[]
  nodes: readonly LiveNode[]
  tools: Tools
  identity: HubIdentity
  /** Those of the tunnels, as they are wanted. */
  devices: readonly Device[]
  /** By device. */
  wireguard: ReadonlyMap<string, ObservedWireguard>
}

export interface Outcome {
  failures: DynfarmError[]
  hasChanged: boolean
}

/** Each tunnel by itself, so that the trouble of one is not the others'. */
export async function convergeTunnels(tunnels: Tunnels, context: Context): Promise<Outcome> {
  const outcomes: Converged[] = []
  for (const tunnel of tunnels.wanted) {
    outcomes.push(
      await caught(async () => {
        const steps =
          tunnel.kind === 'openvpn'
            ? await stepsOfOpenvpn(tunnel, tunnels, context)
            : await stepsOfWireguard(tunnel, tunnels, context)
        return await convergePlan(steps, context)
      }),
    )
  }
  return outcomeOf(outcomes)
}

/** Tunnels that ended here and do no more; their devices go with the rest of the network. */
export async function removeTunnels(
  tunnels: Tunnels,
  observed: readonly ObservedDevice[],
  context: Context,
): Promise<Outcome> {
  const outcomes: Converged[] = []
  for (const plan of await planRemovals(tunnels, observed, context.machine))
    outcomes.push(await caught(async () => await convergePlan(await plan(), context)))
  return outcomeOf(outcomes)
}

/** A plan for each tunnel that is not wanted, each by itself. */
export async function planRemovals(
  { wanted, tools, wireguard }: Pick<Tunnels, 'wanted' | 'tools' | 'wireguard'>,
  observed: readonly ObservedDevice[],
  machine: Machine,
): Promise<(() => Promise<Step[]>)[]> {
  const names = (kind: HubTunnel['kind']) =>
    new Set(wanted.flatMap((tunnel) => (tunnel.kind === kind ? [tunnel.name] : [])))
  const [openvpn, kept] = [names('openvpn'), names('wireguard')]
  const goneOpenvpn = (await listOpenvpn(machine)).filter((name) => !openvpn.has(name))
  const goneWireguard = observed.flatMap(({ name, kind }) => {
    const [, tunnel] = /^tun-(.+)$/.exec(name) ?? []
    const isGone = kind === 'tun' && wireguard.has(name) && tunnel !== undefined
    return isGone && !kept.has(tunnel) ? [tunnel] : []
  })
  return [
    ...goneOpenvpn.map((name) => () => planAwayOpenvpn(name, tools, machine)),
    ...goneWireguard.map((name) => () => planAwayWireguard(name, { tools, wireguard }, machine)),
  ]
}

async function stepsOfOpenvpn(
  tunnel: HubTunnel,
  { tools, identity, nodes }: Tunnels,
  { machine }: Context,
): Promise<Step[]> {
  const process = openvpnProcess(tunnel, tools, identity)
  const observed = await observeOpenvpn(machine, process)
  const folder = pathsOf(tunnel.name).clients
  const clients = planClients(folder, clientsOf(nodes), await observeClients(machine, folder))
  const making = observed.running === undefined ? [makeFolder(folder)] : []
  return [...clients.removing, ...making, ...clients.adding, ...planOpenvpn(process, observed)]
}

/** A node that comes before its file is there waits 10 s with its next try, so the files are there first. */
function makeFolder(folder: string): Step {
  const argv = ['install', '-d', '-m', '0755', folder] as const
  return { kind: 'command', reason: 'folder for those who may connect', argv }
}

async function stepsOfWireguard(
  tunnel: HubTunnel,
  { tools, identity, nodes, devices, wireguard }: Tunnels,
  { machine }: Context,
): Promise<Step[]> {
  const { name } = tunnel
  const wanted = wireguardTunnel(tunnel, identity, nodes)
  const device = wireguard.get(wanted.device)
  const kind = devices.find((one) => one.name === wanted.device)?.kind
  if (kind === 'wireguard') return planWireguard(wanted, device)
  const program = tools.wireguardGo ?? missing('wireguard-go', name)
  const { supervisor } = tools
  const process = { name, supervisor, program, tunnel: wanted, mtu: TUNNEL_MTU, lasting: [] }
  return planWireguardGo(process, {
    device,
    files: await observeFiles(machine, wireguardGoFiles(process)),
  })
}

async function planAwayOpenvpn(name: string, tools: Tools, machine: Machine): Promise<Step[]> {
  const place = openvpnPlace(name, tools)
  const { clients } = pathsOf(name)
  const { removing } = planClients(clients, [], await observeClients(machine, clients))
  return [...removing, ...planNoOpenvpn(place, await observeOpenvpn(machine, place))]
}

async function planAwayWireguard(
  name: string,
  { tools, wireguard }: Pick<Tunnels, 'tools' | 'wireguard'>,
  machine: Machine,
): Promise<Step[]> {
  const place = { name, supervisor: tools.supervisor }
  const files = await observeFiles(machine, [unitPath(name)])
  return planNoWireguardGo(place, { device: wireguard.get(tunnelDevice(name)), files })
}

/** What cannot even be planned for one tunnel is told like a Step of it that failed. */
async function caught(act: () => Promise<Converged>): Promise<Converged> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof DynfarmError) return { done: [], failure: error }
    throw error
  }
}

export function outcomeOf(outcomes: readonly Converged[]): Outcome {
  return {
    failures: outcomes.flatMap(({ failure }) => failure ?? []),
    hasChanged: outcomes.some(({ done }) => done.length > 0),
  }
}
