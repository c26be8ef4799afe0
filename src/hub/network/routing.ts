import { type Family, familyOf } from '../../address.ts'
import { TUNNEL_MTU } from '../../net/link.ts'
import { SMALLEST_IPV6_MTU } from '../../net/mtu.ts'
import type { DeviceAddress, DeviceSettings, Route, Rule } from '../../net/network.ts'
import { type LinkEnd, servicesOf } from './links.ts'
import type { HubNode, HubState, Seat } from './state.ts'

/** What comes in by a tunnel sees the services; what comes in by a link sees the nodes. */
export const tunnelTable = 7700
export const linkTable = 7701
const mainTable = 254
const rulePriority = 7700
/** Worse than every route of ours beside it. */
const lastMetric = 4096

const families = ['ipv4', 'ipv6'] as const
const everything = { ipv4: '0.0.0.0/0', ipv6: '::/0' } as const

export function hubRules({ tunnels }: HubState, links: readonly LinkEnd[]): Rule[] {
  const rule = (iif: string, table: number) =>
    families.map((family) => ({ family, iif, table, priority: rulePriority }))
  return [
    ...tunnels.flatMap(({ name }) => rule(name, tunnelTable)),
    ...links.flatMap(({ device }) => rule(device.name, linkTable)),
  ]
}

export function hubRoutes(state: HubState, links: readonly LinkEnd[]): Route[] {
  return [
    ...serviceRoutes(state, links),
    ...state.nodes.flatMap((node) => nodeRoutes(state, node)),
    ...[tunnelTable, linkTable].flatMap((table) =>
      families.map((family) => closed(table, everything[family])),
    ),
    ...state.config.nodes.map((range) => closed(mainTable, range)),
  ]
}

function serviceRoutes(state: HubState, links: readonly LinkEnd[]): Route[] {
  const linked = links.flatMap(({ device, addresses }) =>
    addresses.map((to) => ({ table: tunnelTable, to, dev: device.name })),
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
export function nodeRoutes({ config, seats }: HubState, { id, site, addresses }: HubNode): Route[] {
  const seat = seats.get(id)
  if (seat === undefined) return []
  const open = config.sites.some((rules) => rules.site === site && rules['node-to-node'])
  const tables = open ? [mainTable, linkTable, tunnelTable] : [mainTable, linkTable]
  return tables.flatMap((table) => addresses.map((to) => throughSeat(table, to, seat)))
}

function throughSeat(table: number, to: string, { device, mtu }: Seat): Route {
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
export function hubAddresses(
  { hub, config, tunnels }: HubState,
  links: readonly LinkEnd[],
): DeviceAddress[] {
  const inner = config.hubs.find(({ name }) => name === hub)?.inner ?? []
  const devices = [
    'lo',
    ...tunnels.map(({ name }) => name),
    ...links.map(({ device }) => device.name),
  ]
  return devices.flatMap((dev) => inner.map((address) => ({ dev, address })))
}

export function hubSettings(state: HubState, links: readonly LinkEnd[]): DeviceSettings[] {
  const forward = innerFamilies(state)
  const own = [...state.tunnels, ...links.map(({ device }) => device)].map(({ name }) => name)
  const outer = new Set([...uplinksOf(state)])
  return [
    ...own.map((dev) => ({ dev, rpFilter: 2 as const, forward })),
    // Where IPv6 is forwarded the kernel stops to heed router advertisements unless it is told to.
    ...[...outer].map((dev) => ({ dev, forward, acceptRa: 2 as const })),
  ]
}

/** The devices by which routed services answer. */
export function uplinksOf(state: HubState): string[] {
  const addresses = servicesOf(state, 'routed').flatMap((service) => service.addresses)
  const devices = addresses.flatMap((address) => state.ways.get(address)?.device ?? [])
  return [...new Set(devices)].sort()
}

export function innerFamilies({ config }: HubState): Family[] {
  return families.filter((family) =>
    config.nodes.some((range) => familyOf(range.replace(/\/.*$/, '')) === family),
  )
}
