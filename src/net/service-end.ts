import { familyOf } from '../address.ts'
import { type Link, serviceDevice } from './link.ts'
import { beforeConnections, originRules } from './link-origins.ts'
import type { Network, Route } from './network.ts'
import type { Firewall, FirewallRule } from './nft/firewall.ts'

const MAIN_TABLE = 254

export interface ServiceEnd {
  /** One to each hub; the first is preferred where nothing says which hub a node is on. */
  links: readonly Link[]
  /** All inner addresses of the centre, of one or both families. */
  nodes: readonly string[]
}

/** The far end of a service's links: devices, ways to the nodes, and a guard around them. */
export function serviceNetwork(end: ServiceEnd): Network {
  return {
    devices: end.links.map(serviceDevice),
    addresses: [],
    routes: end.links.flatMap((link, index) => routesOf(end, link, index)),
    rules: [],
    settings: [],
    firewall: guard(end),
  }
}

/** The service answers from its own address, whatever the device has. */
function routesOf({ nodes }: ServiceEnd, link: Link, index: number): Route[] {
  return nodes.flatMap((network) => {
    const src = link.service.addresses.find((address) => familyOf(address) === familyOf(network))
    if (src === undefined) return []
    const metric = 100 * (index + 1)
    return waysTo(network, { ...link, src, metric })
  })
}

/** Out of a GRE device everything goes to its one far end; on VXLAN's Ethernet the hub is the next hop. */
function waysTo(network: string, link: Link & { src: string; metric: number }): Route[] {
  const { src, metric } = link
  const dev = serviceDevice(link).name
  const plain = { table: MAIN_TABLE, dev, src, metric }
  if (link.kind === 'gre') return [{ ...plain, to: network }]
  const via = link.hub.inner.find((address) => familyOf(address) === familyOf(network))
  return via === undefined
    ? []
    : [
        { ...plain, to: via },
        { ...plain, to: network, via },
      ]
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
      { name: 'input', hook: hook('input'), rules: [...allowed(end, links), drop('iifname')] },
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
