import { type Family, familyOf } from '../../address.ts'
import { TUNNEL_MTU } from '../../net/link.ts'
import { SMALLEST_IPV6_MTU } from '../../net/mtu.ts'
import type {
  Device,
  DeviceAddress,
  DeviceSettings,
  Route,
  Rule,
  UnicastRoute,
} from '../../net/network.ts'
import { type LinkEnd, servicesOf } from './links.ts'
import { type PeerEnd, peerEnds } from './peers.ts'
import type { Elsewhere, HubNode, HubState, Seat } from './state.ts'

/**
 * What comes in by a tunnel sees the services; what comes in by a link sees the nodes, wherever they are; what comes
 * from another hub sees of the nodes only those that are here, so that nothing goes to and fro between hubs.
 */
export const tunnelTable = 7700
export const linkTable = 7701
export const peerTable = 7702
/** What the hub says in its inner address's name takes the links too: services know that address by them alone. */
export const ownTable = 7703
const mainTable = 254
const rulePriority = 7700
/** Worse than every route of ours beside it. */
const lastMetric = 4096

const families = ['ipv4', 'ipv6'] as const
const everything = { ipv4: '0.0.0.0/0', ipv6: '::/0' } as const

export interface Ends {
  links: readonly LinkEnd[]
  peers: readonly PeerEnd[]
}

export function hubRules(state: HubState, { links, peers }: Ends): Rule[] {
  const rule = (iif: string, table: number) =>
    families.map((family) => ({ family, iif, table, priority: rulePriority }))
  return [
    ...ownRules(state),
    ...state.tunnels.flatMap(({ name }) => rule(name, tunnelTable)),
    ...links.flatMap(({ device }) => rule(device.name, linkTable)),
    ...peers.flatMap(({ device }) => rule(device.name, peerTable)),
  ]
}

function ownRules(state: HubState): Rule[] {
  const target = { table: ownTable, priority: rulePriority }
  return innerOf(state).map((from) => ({ family: familyOf(from), from, ...target }))
}

export function hubRoutes(state: HubState, { links, peers }: Ends): Route[] {
  const tables = [tunnelTable, linkTable, ...(peers.length > 0 ? [peerTable] : [])]
  return [
    ...serviceRoutes(state, { links, peers }),
    ...peers.flatMap(peerRoutes),
    ...state.nodes.flatMap((node) => nodeRoutes(state, node)),
    ...tables.flatMap((table) => families.map((family) => closed(table, everything[family]))),
    ...state.config.nodes.map((range) => closed(mainTable, range)),
  ]
}

/** For what hubs say to one another, and for the answers of nodes to whoever came by the other hub. */
function peerRoutes({ device, inner }: PeerEnd): Route[] {
  return [mainTable, tunnelTable].flatMap((table) =>
    inner.map((to) => ({ table, to, dev: device.name })),
  )
}

/**
 * The kernel takes a packet from a link to another hub only when it would have a way from that hub back to the link.
 * The firewall lets nobody have it.
 */
function serviceRoutes(state: HubState, { links, peers }: Ends): Route[] {
  const tables = [tunnelTable, ownTable, ...(peers.length > 0 ? [peerTable] : [])]
  const linked = links.flatMap(({ device, addresses }) =>
    tables.flatMap((table) => addresses.map((to) => ({ table, to, dev: device.name }))),
  )
  const routed = servicesOf(state, 'routed').flatMap(({ addresses }) =>
    addresses.flatMap((to) => wayTo(state, to)),
  )
  return [...linked, ...routed]
}

/** A routed service that the hub cannot reach itself stays closed. */
function wayTo({ ways }: HubState, to: string): Route[] {
  const way = ways.get(to)
  if (way === undefined) return []
  return [
    { table: tunnelTable, to, dev: way.device, ...(way.via !== undefined && { via: way.via }) },
  ]
}

/** For the hub itself, for what the links bring, and for other nodes where the site allows it. */
export function nodeRoutes(state: HubState, node: HubNode): Route[] {
  const { config, seats, elsewhere } = state
  const [seat, away] = [seats.get(node.id), elsewhere?.get(node.id)]
  const open = config.sites.some((rules) => rules.site === node.site && rules['node-to-node'])
  const tables = [mainTable, linkTable, ...(open ? [tunnelTable] : [])]
  if (away !== undefined)
    return tables.flatMap((table) => throughPeer(state, node, { table, away }))
  if (seat === undefined) return []
  if (peerEnds(state).length > 0) tables.push(peerTable)
  return tables.flatMap((table) => node.addresses.map((to) => throughSeat(table, to, seat)))
}

/** A GRE device has one far end; on VXLAN's Ethernet the other hub is the next hop. */
function throughPeer(
  state: HubState,
  { addresses }: HubNode,
  { table, away }: { table: number; away: Elsewhere },
): Route[] {
  const peer = peerEnds(state).find(({ hub }) => hub === away.hub)
  if (peer === undefined) return []
  const { device, inner } = peer
  return addresses.flatMap((to) => {
    const via = inner.find((address) => familyOf(address) === familyOf(to))
    if (via === undefined) return []
    const route = throughSeat(table, to, { ...away, device: device.name })
    return [device.kind === 'vxlan' ? { ...route, via } : route]
  })
}

function throughSeat(table: number, to: string, { device, mtu }: Seat): UnicastRoute {
  return { table, to, dev: device, ...(mtu !== undefined && { mtu: possibleMtu(to, mtu) }) }
}

/** A node says what it likes: no larger than the tunnel, and IPv6 has no less than 1280. */
function possibleMtu(to: string, mtu: number): number {
  const least = familyOf(to) === 'ipv6' ? SMALLEST_IPV6_MTU : 0
  return Math.min(TUNNEL_MTU, Math.max(least, mtu))
}

function closed(table: number, to: string): Route {
  return { table, to, unreachable: true, metric: lastMetric }
}

/**
 * The hub's inner addresses stand on lo, where no tunnel's end takes them away, and on every tunnel and link device:
 * where a device has no address the kernel's loose source check is a strict one.
 */
export function hubAddresses(state: HubState, ends: readonly Device[]): DeviceAddress[] {
  const devices = ['lo', ...[...state.tunnels, ...ends].map(({ name }) => name)]
  return devices.flatMap((dev) => innerOf(state).map((address) => ({ dev, address })))
}

function innerOf({ hub, config }: HubState): readonly string[] {
  return config.hubs.find(({ name }) => name === hub)?.inner ?? []
}

/**
 * By a tunnel there comes the hello of a node to which there is no way yet, and the kernel's source check would drop it.
 * Which sources may come by a tunnel is the firewall's to say, and the tunnel's own.
 */
export function hubSettings(state: HubState, ends: readonly Device[]): DeviceSettings[] {
  const forward = innerFamilies(state)
  const outer = new Set([...uplinksOf(state)])
  return [
    ...state.tunnels.map(({ name: dev }) => ({ dev, rpFilter: 0 as const, forward })),
    ...ends.map(({ name: dev }) => ({ dev, rpFilter: 2 as const, forward })),
    // Where IPv6 is forwarded the kernel stops to heed router advertisements unless it is told to.
    ...[...outer].map((dev) => ({ dev, forward, acceptRa: 2 as const })),
  ]
}

/** The devices by which routed services answer. */
export function uplinksOf(state: Pick<HubState, 'hub' | 'config' | 'ways'>): string[] {
  const addresses = servicesOf(state, 'routed').flatMap((service) => service.addresses)
  const devices = addresses.flatMap((address) => state.ways.get(address)?.device ?? [])
  return [...new Set(devices)].sort()
}

export function innerFamilies({ config }: HubState): Family[] {
  return families.filter((family) =>
    config.nodes.some((range) => familyOf(range.replace(/\/.*$/, '')) === family),
  )
}
