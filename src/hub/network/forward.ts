import type { Family } from '../../address.ts'
import type { Action, Chain, FirewallRule, Match } from '../../net/nft/firewall.ts'
import { type Group, ofFamily, setName } from './groups.ts'
import { servicesOf } from './links.ts'
import {
  accepted,
  activeNodes,
  destinationOf,
  dropped,
  fromOurs,
  isAnswer,
  type Scene,
  sourceOf,
  standing,
  toOurs,
} from './scene.ts'
import { trafficMatches } from './traffic.ts'
import { answered, mirrored, remembered, verdictOf } from './verdict.ts'

/** Whether a packet is from or to a device of ours is asked once, and what is goes on in a chain of its own. */
export function forwardRules(scene: Scene): FirewallRule[] {
  return [
    ...scene.families.flatMap(quarantine),
    ...[fromOurs, toOurs].map(
      (ours): FirewallRule => ({ match: [ours], actions: [{ goto: judged }] }),
    ),
    ...guards(scene),
  ]
}

export const judged = 'judged'

/** Between nodes and services as the profile allows it; everything else ends here. */
export function judgedChains(scene: Scene): Chain[] {
  const pairs = scene.groups.flatMap((group) => scene.families.map((family) => ({ group, family })))
  const ways = [
    ...pairs.flatMap((pair) => services(scene, pair)),
    ...pairs.flatMap((pair) => siblings(scene, pair)),
    ...scene.families.flatMap((family) => administrators(scene, family)),
  ]
  const allowed = [...ways, ...pairs.flatMap((pair) => fromHubs(scene, pair))]
  const verdict = verdictOf(allowed)
  const rules = [
    // Where path MTU discovery fails, TCP still fits.
    { actions: [{ clampMss: 'path' as const }] },
    ...standing(scene.families, { still: { on: 'ct mark', in: [verdict] } }),
    ...pairs.flatMap((pair) => connectionLimits(pair)),
    { match: [isAnswer], actions: [{ jump: answered }] },
    ...allowed.map((rule) => remembered(rule, verdict)),
    ...pairs.flatMap((pair) => toHubs(scene, pair)),
    dropped(),
  ]
  const answers = ways.map((rule) => remembered(mirrored(rule), verdict))
  return [
    { name: judged, rules },
    { name: answered, rules: answers },
  ]
}

/** What the kernel forwards only because dynfarm switched it on goes nowhere but to and from our devices. */
function guards({ state: { closed } }: Scene): FirewallRule[] {
  return [
    ...(closed.ipv4.length > 0
      ? [dropped({ on: 'meta nfproto', in: ['ipv4'] }, { on: 'iifname', in: closed.ipv4 })]
      : []),
    ...(closed.ipv6 ? [dropped({ on: 'meta nfproto', in: ['ipv6'] })] : []),
  ]
}

/** Before anything is let through because it stands already. */
function quarantine(family: Family): FirewallRule[] {
  const inactive = (on: Match['on']): Match => ({ on, in: `@${activeNodes(family)}`, not: true })
  return [
    dropped(inactive(sourceOf(family)), { on: 'iifname', in: '@tunnels' }),
    dropped(inactive(destinationOf(family)), { on: 'oifname', in: '@tunnels' }),
  ]
}

interface Pair {
  group: Group
  family: Family
}

function connectionLimits({ group, family }: Pair): FirewallRule[] {
  if (group.connections === undefined) return []
  const from = sourceOf(family)
  const limit: Action = {
    connections: `open_${setName(group, family)}`,
    per: from,
    over: group.connections,
  }
  return [
    {
      match: [
        { on: 'iifname', in: '@tunnels' },
        { on: from, in: `@${setName(group, family)}` },
        { on: 'ct state', in: ['new'] },
      ],
      actions: [limit, 'counter', 'drop'],
    },
  ]
}

function services({ state, links }: Scene, { group, family }: Pair): FirewallRule[] {
  const nodes = `@${setName(group, family)}` as const
  const linked = links.flatMap(({ device, service, addresses }) =>
    group.services.includes(service) ? [{ service, addresses, device: device.name }] : [],
  )
  const routed = servicesOf(state, 'routed').flatMap((service) =>
    group.services.includes(service)
      ? service.addresses.flatMap((address) => {
          const device = state.ways.get(address)?.device
          return device === undefined ? [] : [{ service, addresses: [address], device }]
        })
      : [],
  )
  return [...linked, ...routed].flatMap(({ service, addresses, device }) => {
    const own = ofFamily(addresses, family)
    if (own.length === 0) return []
    const towards: Match[] = [
      { on: 'iifname', in: '@tunnels' },
      { on: sourceOf(family), in: nodes },
      { on: 'oifname', in: [device] },
      { on: destinationOf(family), in: own },
    ]
    const back: Match[] = [
      { on: 'iifname', in: [device] },
      { on: sourceOf(family), in: own },
      { on: 'oifname', in: '@tunnels' },
      { on: destinationOf(family), in: nodes },
    ]
    return [
      ...opened({ match: towards, list: service['from-nodes'], family }),
      ...opened({ match: back, list: service['to-nodes'], family }),
    ]
  })
}

interface Opening {
  match: Match[]
  list: 'any' | readonly string[]
  family: Family
}

function opened({ match, list, family }: Opening): FirewallRule[] {
  return trafficMatches(list, family).map((traffic) => accepted(...match, ...traffic))
}

/** What comes from another hub is judged like what comes by a link. */
function fromHubs(scene: Scene, { group, family }: Pair): FirewallRule[] {
  return throughHubs(scene, { group, family }).flatMap(({ service, from, to }) => {
    const here: Match[] = [
      { on: 'iifname', in: '@hubs' },
      from,
      { on: 'oifname', in: '@tunnels' },
      to,
    ]
    return opened({ match: here, list: service['to-nodes'], family })
  })
}

/**
 * A service's packet for a node of another hub goes there unjudged: it may belong to a connection that only that hub
 * has seen begin, and which judges it.
 */
function toHubs(scene: Scene, pair: Pair): FirewallRule[] {
  return throughHubs(scene, pair).map(({ device, from, to }) =>
    accepted({ on: 'iifname', in: [device] }, from, { on: 'oifname', in: '@hubs' }, to),
  )
}

function throughHubs({ links, peers }: Scene, { group, family }: Pair) {
  if (peers.length === 0) return []
  const to: Match = { on: destinationOf(family), in: `@${setName(group, family)}` }
  return links.flatMap(({ device, service, addresses }) => {
    const own = ofFamily(addresses, family)
    if (own.length === 0 || !group.services.includes(service)) return []
    const from: Match = { on: sourceOf(family), in: own }
    return [{ device: device.name, service, from, to }]
  })
}

/** Whoever administers nodes from another hub finds them here. */
function administrators({ peers }: Scene, family: Family): FirewallRule[] {
  return peers.flatMap(({ device, inner }) => {
    const hub = ofFamily(inner, family)
    if (hub.length === 0) return []
    return [
      accepted(
        { on: 'iifname', in: [device.name] },
        { on: sourceOf(family), in: hub },
        { on: 'oifname', in: '@tunnels' },
        { on: destinationOf(family), in: `@${activeNodes(family)}` },
      ),
    ]
  })
}

/** Nodes of one site, of whatever class, at this hub or with one of them at another. */
function siblings({ groups, peers }: Scene, { group, family }: Pair): FirewallRule[] {
  if (!group.nodeToNode) return []
  const ways = [
    ['@tunnels', '@tunnels'],
    ...(peers.length > 0
      ? ([
          ['@tunnels', '@hubs'],
          ['@hubs', '@tunnels'],
        ] as const)
      : []),
  ] as const
  return groups
    .filter(({ site }) => site === group.site)
    .flatMap((other) =>
      ways.map(([iif, oif]) =>
        accepted(
          { on: 'iifname', in: iif },
          { on: sourceOf(family), in: `@${setName(group, family)}` },
          { on: 'oifname', in: oif },
          { on: destinationOf(family), in: `@${setName(other, family)}` },
        ),
      ),
    )
}
