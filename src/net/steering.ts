import { type Family, familyOf, parsePrefix } from '../address.ts'
import { type Link, serviceDevice } from './link.ts'
import { SMALLEST_IPV6_MTU } from './mtu.ts'
import type { ObservedNetwork, Route, UnicastRoute } from './network.ts'

/** By which of its hubs the host of a service reaches nodes. */
export interface Steering {
  /** Of hubs by name, the best first; who is not named comes last. */
  order: readonly string[]
  /** Addresses of nodes, each by the hub that it is at. */
  places: ReadonlyMap<string, NodePlace>
}

export interface NodePlace {
  hub: string
  mtu?: number
}

export const MAIN_TABLE = 254

/** One node by the link to its hub; none when the link cannot carry its family. */
export function placeRoutes(
  links: readonly Link[],
  address: string,
  { hub, mtu }: NodePlace,
): Route[] {
  const link = links.find((one) => one.hub.name === hub)
  const src = link?.service.addresses.find((own) => familyOf(own) === familyOf(address))
  if (link === undefined || src === undefined) return []
  const next = nextHop(link, familyOf(address))
  if (next === undefined) return []
  const { name: dev, mtu: most } = serviceDevice(link)
  const route = { table: MAIN_TABLE, to: address, dev, src, ...next }
  return [mtu === undefined ? route : { ...route, mtu: possibleMtu(address, mtu, most) }]
}

/** A node says what it likes: no larger than the link, and IPv6 has no less than 1280. */
function possibleMtu(address: string, mtu: number, most: number): number {
  const least = familyOf(address) === 'ipv6' ? SMALLEST_IPV6_MTU : 0
  return Math.min(most, Math.max(least, mtu))
}

/** Out of a GRE device everything goes to its one far end; on VXLAN's Ethernet the hub is the next hop. */
export function nextHop(link: Link, family: Family): { via?: string } | undefined {
  if (link.kind === 'gre') return {}
  const via = link.hub.inner.find((address) => familyOf(address) === family)
  return via === undefined ? undefined : { via }
}

/** As the kernel's routes have it: who joins again, or begins anew, goes on from there. */
export function steeringInForce(
  links: readonly Link[],
  nodes: readonly string[],
  { routes }: Pick<ObservedNetwork, 'routes'>,
): Steering {
  const hubs = new Map(links.map((link) => [serviceDevice(link).name, link.hub.name]))
  const own = routes.flatMap((route) => {
    const hub = 'dev' in route && route.table === MAIN_TABLE ? hubs.get(route.dev) : undefined
    return hub === undefined ? [] : [{ hub, route: route as UnicastRoute }]
  })
  const ranges = own.filter(({ route }) => nodes.includes(route.to))
  const inner = new Set(links.flatMap((link) => link.hub.inner))
  const places = own.flatMap(({ hub, route }): [string, NodePlace][] => {
    const address = singleAddress(route.to)
    if (address === undefined || inner.has(address)) return []
    return [[address, { hub, ...(route.mtu !== undefined && { mtu: route.mtu }) }]]
  })
  ranges.sort((a, b) => (a.route.metric ?? 0) - (b.route.metric ?? 0))
  return { order: [...new Set(ranges.map(({ hub }) => hub))], places: new Map(places) }
}

function singleAddress(to: string): string | undefined {
  const prefix = parsePrefix(to)
  const isWhole = prefix !== undefined && prefix.length === (prefix.family === 'ipv4' ? 32 : 128)
  return isWhole ? to.replace(/\/.*$/, '') : undefined
}
