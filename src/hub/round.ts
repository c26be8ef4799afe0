import type { Context } from '../apply/context.ts'
import { observeNetwork } from '../client/observe-network.ts'
import type { Tools } from '../client/observe-tools.ts'
import { observeWireguard } from '../client/observe-tunnel.ts'
import type { Blocked } from '../net/blocked.ts'
import type { Limits } from '../net/limits/limits.ts'
import type { ObservedNetwork } from '../net/network.ts'
import type { CentreConfig } from '../protocol/schema/centre-config.ts'
import { tunnelDevice } from '../vpn/names.ts'
import type { ObservedWireguard } from '../vpn/wireguard/wireguard.ts'
import { type ClosedRecord, closedUplinks, followClosed } from './closed.ts'
import type { HubIdentity } from './identity.ts'
import { convergeLimits, type LimitsOutcome, nothingLimited } from './limits/converge.ts'
import type { LimitsInForce } from './limits/usage.ts'
import { convergeNetwork } from './network/converge.ts'
import { holdBack, hubLimits } from './network/limits.ts'
import { uplinksOf } from './network/routing.ts'
import type { HubState, Seat } from './network/state.ts'
import { hubNetwork } from './network/wanted.ts'
import type { LiveNode } from './roster.ts'
import type { Seating } from './seats.ts'
import { convergeTunnels, type Outcome, removeTunnels, type Tunnels } from './tunnels/converge.ts'
import { deviceOf } from './tunnels/wanted.ts'
import { observeWays } from './ways.ts'

export interface Wanted {
  identity: HubIdentity
  tools: Tools
  config: CentreConfig
  nodes: readonly LiveNode[]
  seats: ReadonlyMap<string, Seating>
  elsewhere: NonNullable<HubState['elsewhere']>
  closed: ClosedRecord | undefined
}

export interface Observed {
  network: ObservedNetwork
  wireguard: ReadonlyMap<string, ObservedWireguard>
  boot: string
}

export interface RoundOutcome extends Outcome {
  blocked: readonly Blocked[]
  closed: ClosedRecord
  limits: LimitsInForce
  /** From which the network followed. */
  state: HubState
}

export async function observeHost({ machine }: Context): Promise<Observed> {
  const [network, wireguard, boot] = await Promise.all([
    observeNetwork(machine),
    observeWireguard(machine),
    machine.readFile('/proc/sys/kernel/random/boot_id'),
  ])
  return {
    network,
    wireguard,
    boot: Buffer.from(boot?.content ?? [])
      .toString()
      .trim(),
  }
}

/**
 * Brings the host to what is wanted of it, as far as it can be had now. The limits come before the network,
 * which holds back the nodes whose limits do not stand. The network comes before the tunnels: they attach to devices
 * that it makes, or would make ones of their own, and nothing may come in by them before the firewall stands.
 */
export async function runRound(
  wanted: Wanted,
  observed: Observed,
  context: Context,
): Promise<RoundOutcome> {
  const { config, identity, tools, nodes } = wanted
  const { network, wireguard } = observed
  const closed = followClosed(wanted.closed, network, observed.boot)
  const ways = await observeWays(context.machine, { hub: identity.name, config })
  const state = hubState({ ...wanted, closed }, network, ways)
  const devices = state.tunnels
  const tunnels: Tunnels = { wanted: config.tunnels, nodes, tools, identity, devices, wireguard }
  const removed = await removeTunnels(tunnels, network.devices, context)
  const limits = hubLimits(state)
  const limited = await convergeLimits(limits, network, context)
  const wantedNetwork = hubNetwork(holdBack(state, limited.held))
  const converged = await convergeNetwork(wantedNetwork, network, context)
  const led = await leadNewTunnels(limits, network, context)
  // A tunnel whose limits do not stand waits: the next round knows its device, and holds back those nodes.
  const isSafe = [...led.held.keys()].every((site) => limited.held.has(site))
  const usable = config.tunnels.filter(({ name }) => converged.canAttach(tunnelDevice(name)))
  const tunnelled = isSafe ? [await convergeTunnels({ ...tunnels, wanted: usable }, context)] : []
  const all = [removed, limited, converged, led, ...tunnelled]
  return {
    failures: all.flatMap(({ failures }) => failures),
    hasChanged: all.some(({ hasChanged }) => hasChanged),
    limits: {
      ...{ sites: limits.sites, hub: limits.hub },
      held: new Map([...limited.held, ...led.held]),
      heldAll: limited.heldAll ?? led.heldAll,
      trees: new Map([...limited.trees, ...led.trees]),
    },
    ...{ blocked: converged.blocked, closed, state },
  }
}

/** Into the limits, from devices that the network made only now. */
async function leadNewTunnels(
  limits: Limits,
  { devices }: ObservedNetwork,
  context: Context,
): Promise<LimitsOutcome> {
  const there = new Set(devices.map(({ name }) => name))
  if (limits.tunnels.every((name) => there.has(name))) return nothingLimited
  return await convergeLimits(limits, await observeNetwork(context.machine), context)
}

function hubState(
  { identity, tools, config, nodes, seats, elsewhere, closed }: Wanted & { closed: ClosedRecord },
  network: ObservedNetwork,
  ways: HubState['ways'],
): HubState {
  const state = {
    hub: identity.name,
    config,
    nodes,
    tunnels: config.tunnels.map((tunnel) => deviceOf(tunnel, tools, network.devices)),
    seats: seatsOf(seats, config),
    elsewhere,
    ways,
    closed,
  }
  return { ...state, closed: closedUplinks(closed, uplinksOf(state)) }
}

/** A rung that is no more has no device. */
export function seatsOf(
  seats: ReadonlyMap<string, Seating>,
  { tunnels }: CentreConfig,
): Map<string, Seat> {
  const names = new Set(tunnels.map(({ name }) => name))
  return new Map(
    [...seats].flatMap(([node, { rung, mtu }]): [string, Seat][] =>
      names.has(rung)
        ? [[node, { device: tunnelDevice(rung), ...(mtu !== undefined && { mtu }) }]]
        : [],
    ),
  )
}

const mainTable = 254

/** Where the kernel's routes say that nodes are: a hub that comes back finds its nodes where it left them. */
export function seatsInForce(
  network: Pick<ObservedNetwork, 'routes'>,
  nodeAt: (address: string) => LiveNode | undefined,
): Map<string, Pick<Seating, 'rung' | 'mtu'>> {
  return new Map(
    waysInForce(network, 'tun').flatMap(({ address, name: rung, mtu }) => {
      const node = nodeAt(address)
      return node === undefined ? [] : [[node.id, { rung, ...(mtu !== undefined && { mtu }) }]]
    }),
  )
}

/** The addresses that routes lead to by devices of this kind, with the name after it. */
export function waysInForce(
  { routes }: Pick<ObservedNetwork, 'routes'>,
  kind: 'tun' | 'hub',
): { address: string; name: string; mtu?: number }[] {
  return routes.flatMap((route) => {
    if ('unreachable' in route || route.table !== mainTable) return []
    if (!route.dev.startsWith(`${kind}-`)) return []
    const address = route.to.replace(/\/.*$/, '')
    const { mtu } = route
    return [{ address, name: route.dev.slice(4), ...(mtu !== undefined && { mtu }) }]
  })
}
