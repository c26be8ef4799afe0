import { familyOf } from '../address.ts'
import { type Link, serviceDevice } from './link.ts'
import { beforeConnections, originRules } from './link-origins.ts'
import type { DeviceAddress, DeviceSettings, Network, Route } from './network.ts'
import type { Firewall, FirewallRule, Match } from './nft/firewall.ts'
import { MAIN_TABLE, nextHop, placeRoutes, type Steering } from './steering.ts'

export interface ServiceEnd {
  /** One to each hub; the first is preferred where nothing says which hub a node is on. */
  links: readonly Link[]
  /** All inner addresses of the centre, of one or both families. */
  nodes: readonly string[]
  /** By which hubs, as those have told. */
  steering?: Steering
}

/** The far end of a service's links: devices, ways to the nodes, and a guard around them. */
export function serviceNetwork(end: ServiceEnd): Network {
  const { links, steering } = end
  return {
    devices: links.map(serviceDevice),
    addresses: ownAddresses(end),
    routes: [
      ...links.flatMap((link, index) => hubRoutes(end, link, 100 * (index + 1))),
      ...ranked(end).flatMap((link, index) => rangeRoutes(end, link, 100 * (index + 1))),
      ...[...(steering?.places ?? [])].flatMap(([node, place]) => placeRoutes(links, node, place)),
    ],
    rules: [],
    settings: hasSeveral(end) ? links.map(looseSettings) : [],
    firewall: guard(end),
  }
}

function hasSeveral({ links }: ServiceEnd): boolean {
  return new Set(links.map(({ hub }) => hub.name)).size > 1
}

/**
 * The kernel's loose source check is a strict one on a device without an address; and on VXLAN's Ethernet an IPv6
 * address is found only where it is. So the service's own address stands on the links too, where that matters.
 */
function ownAddresses(end: ServiceEnd): DeviceAddress[] {
  return end.links.flatMap((link) => {
    const dev = serviceDevice(link).name
    const wanted = hasSeveral(end)
      ? link.service.addresses
      : link.service.addresses.filter((one) => link.kind === 'vxlan' && familyOf(one) === 'ipv6')
    return wanted
      .filter((address) => end.nodes.some((range) => familyOf(range) === familyOf(address)))
      .map((address) => ({ dev, address }))
  })
}

/** A node that changes its hub comes by the other link before the routes follow it. */
function looseSettings(link: Link): DeviceSettings {
  return { dev: serviceDevice(link).name, rpFilter: 2 }
}

/** The links, the best first. */
function ranked({ links, steering }: ServiceEnd): Link[] {
  const order = steering?.order ?? []
  const rank = ({ hub }: Link) => {
    const at = order.indexOf(hub.name)
    return at === -1 ? order.length : at
  }
  return [...links].sort((a, b) => rank(a) - rank(b))
}

/** To the hub itself by its own link, whichever is the best: VXLAN's next hop, and who is asked whether it lives. */
function hubRoutes(end: ServiceEnd, link: Link, metric: number): Route[] {
  if (link.kind === 'gre' && !hasSeveral(end)) return []
  return link.hub.inner.flatMap((to) => {
    const src = sourceFor(link, to)
    const isCarried = end.nodes.some((range) => familyOf(range) === familyOf(to))
    if (src === undefined || !isCarried) return []
    return [{ table: MAIN_TABLE, dev: serviceDevice(link).name, src, metric, to }]
  })
}

/** The service answers from its own address, whatever the device has. */
function rangeRoutes({ nodes }: ServiceEnd, link: Link, metric: number): Route[] {
  return nodes.flatMap((to) => {
    const [src, next] = [sourceFor(link, to), nextHop(link, familyOf(to))]
    if (src === undefined || next === undefined) return []
    return [{ table: MAIN_TABLE, dev: serviceDevice(link).name, src, metric, to, ...next }]
  })
}

function sourceFor({ service }: Link, to: string): string | undefined {
  return service.addresses.find((address) => familyOf(address) === familyOf(to))
}

/**
 * What comes out of a link must be from a node and for the service, and from a node comes nothing by any other way;
 * and the service never routes between its links and the rest of its network.
 */
function guard(end: ServiceEnd): Firewall {
  const links = end.links.map((link) => serviceDevice(link).name)
  const drop = (on: 'iifname' | 'oifname'): FirewallRule => ({
    match: [{ on, in: links }],
    actions: ['counter', 'drop'],
  })
  return {
    sets: [],
    chains: [
      {
        name: 'prerouting',
        hook: { ...hook('prerouting'), priority: beforeConnections },
        rules: [...nodesElsewhere(end, links), ...originRules(end.links.map(serviceDevice))],
      },
      {
        name: 'input',
        hook: hook('input'),
        rules: [...neighbours(end), ...hubsApart(end), ...allowed(end, links), drop('iifname')],
      },
      { name: 'forward', hook: hook('forward'), rules: [drop('iifname'), drop('oifname')] },
    ],
  }
}

/** What a host beside the service says in a node's name. */
function nodesElsewhere({ nodes }: ServiceEnd, links: readonly string[]): FirewallRule[] {
  return nodes.map((network) => ({
    match: [
      { on: 'iifname', in: [...links, 'lo'], not: true },
      { on: familyOf(network) === 'ipv4' ? 'ip saddr' : 'ip6 saddr', in: [network] },
    ],
    actions: ['counter', 'drop'],
  }))
}

function hook(at: 'prerouting' | 'input' | 'forward') {
  return { type: 'filter', at, priority: 0, policy: 'accept' } as const
}

/** Questions and answers about who has an IPv6 address come from an address of the link itself. */
function neighbours({ links, nodes }: ServiceEnd): FirewallRule[] {
  const has = (list: readonly string[]) => list.some((one) => familyOf(one) === 'ipv6')
  const ends = links.filter(({ kind, service }) => kind === 'vxlan' && has(service.addresses))
  if (ends.length === 0 || !has(nodes)) return []
  return [
    {
      match: [
        { on: 'iifname', in: ends.map((link) => serviceDevice(link).name) },
        { on: 'icmpv6 type', in: ['nd-neighbor-solicit', 'nd-neighbor-advert'] },
      ],
      actions: ['accept'],
    },
  ]
}

/** Hubs tell which nodes they have: none of them speaks in the name of another one. */
function hubsApart(end: ServiceEnd): FirewallRule[] {
  if (!hasSeveral(end)) return []
  return end.links.flatMap((link) =>
    link.hub.inner.map((inner): FirewallRule => {
      const family = familyOf(inner) === 'ipv4' ? 'ip saddr' : 'ip6 saddr'
      const elsewhere: Match = { on: 'iifname', in: [serviceDevice(link).name], not: true }
      return { match: [elsewhere, { on: family, in: [inner] }], actions: ['counter', 'drop'] }
    }),
  )
}

function allowed({ links, nodes }: ServiceEnd, devices: readonly string[]): FirewallRule[] {
  const own = [...new Set(links.flatMap(({ service }) => service.addresses))]
  return nodes.flatMap((network) => {
    const ip = familyOf(network) === 'ipv4' ? 'ip' : 'ip6'
    const mine = own.filter((address) => familyOf(address) === familyOf(network))
    if (mine.length === 0) return []
    return [
      {
        match: [
          { on: 'iifname', in: devices },
          { on: `${ip} saddr`, in: [network] },
          { on: `${ip} daddr`, in: mine },
        ],
        actions: ['accept'],
      } satisfies FirewallRule,
    ]
  })
}
