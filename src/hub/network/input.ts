import type { Family } from '../../address.ts'
import type { FirewallRule, Match, NamedSet } from '../../net/nft/firewall.ts'
import { announcePort } from '../../protocol/announcement.ts'
import { helloPort } from '../../protocol/hello.ts'
import { digit, ofFamily, setName } from './groups.ts'
import { servicesOf } from './links.ts'
import { neighbours } from './neighbours.ts'
import {
  accepted,
  allNodes,
  destinationOf,
  dropped,
  fromOurs,
  isAnswer,
  only,
  type Scene,
  sourceOf,
  standing,
} from './scene.ts'
import { trafficMatches } from './traffic.ts'

/** Asked last: a set of names is slower to look through than an address is to compare. */
const byTunnel: Match = { on: 'iifname', in: '@tunnels' }

/**
 * The kernel looks for its own addresses before any routing rule, so only this keeps tunnels and links from every
 * other address of the hub.
 */
export function inputRules(scene: Scene): FirewallRule[] {
  return [
    only(fromOurs),
    ...neighbours(scene),
    ...scene.families.flatMap((family) => answers(scene, family)),
    ...scene.families.flatMap((family) => forNodes(scene, family)),
    ...scene.families.flatMap((family) => localServices(scene, family)),
    ...scene.families.flatMap((family) => fromHubs(scene, family)),
    dropped(fromOurs),
  ]
}

/** To what the hub itself opened, and to who asks whether the hub's inner address lives. */
function answers({ state }: Scene, family: Family): FirewallRule[] {
  const inner = innerOf(state, family)
  if (inner.length === 0) return []
  const to: Match = { on: destinationOf(family), in: inner }
  return [
    ...standing([family], { way: [to], still: isAnswer }),
    ...(['@tunnels', '@links'] as const).flatMap((devices) =>
      trafficMatches(['icmp'], family).map((traffic) =>
        accepted(to, ...traffic, { on: 'iifname', in: devices }),
      ),
    ),
  ]
}

/** What another hub says of its nodes, and its pings. */
function fromHubs({ state, peers }: Scene, family: Family): FirewallRule[] {
  const own = innerOf(state, family)
  if (own.length === 0) return []
  const to: Match = { on: destinationOf(family), in: own }
  return peers.flatMap(({ device, inner }) => {
    const from: Match = { on: 'iifname', in: [device.name] }
    const hub = ofFamily(inner, family)
    if (hub.length === 0) return []
    const its: Match[] = [from, { on: sourceOf(family), in: hub }, to]
    return [
      accepted(...its, { on: 'udp dport', in: [announcePort] }),
      ...trafficMatches(['icmp'], family).map((traffic) => accepted(...its, ...traffic)),
    ]
  })
}

function forNodes({ state, groups }: Scene, family: Family): FirewallRule[] {
  const inner = innerOf(state, family)
  const own = state.config.hubs.find(({ name }) => name === state.hub)
  if (inner.length === 0 || own === undefined) return []
  const to: Match = { on: destinationOf(family), in: inner }
  const hello: Match[] = [
    to,
    { on: 'udp dport', in: [helloPort] },
    { on: sourceOf(family), in: `@${allNodes(family)}` },
    byTunnel,
  ]
  const listed = own['from-nodes'].filter((entry) => entry !== 'icmp')
  return [
    hellosAtMost(family, hello),
    accepted(...hello),
    ...groups.flatMap((group) =>
      trafficMatches(listed, family).map((traffic) =>
        accepted(
          to,
          ...traffic,
          { on: sourceOf(family), in: `@${setName(group, family)}` },
          byTunnel,
        ),
      ),
    ),
  ]
}

/** A node that joins says five a second. One that floods is not to crowd out what the others say. */
function hellosAtMost(family: Family, hello: readonly Match[]): FirewallRule {
  const limit = { packets: hellos(family), per: sourceOf(family), over: 20 }
  return { match: hello, actions: [limit, 'counter', 'drop'] }
}

export function inputSets({ families }: Scene): NamedSet[] {
  return families.map((family) => ({
    name: hellos(family),
    type: family === 'ipv4' ? 'ipv4_addr' : 'ipv6_addr',
    ...{ dynamic: 65_536, timeout: 60 },
  }))
}

const hellos = (family: Family): string => `hellos${digit(family)}`

/** A service on the hub itself is reached at its own address, as by a link. */
function localServices({ state, groups }: Scene, family: Family): FirewallRule[] {
  const local = servicesOf(state, 'local').map(({ name }) => name)
  return groups.flatMap((group) =>
    group.services
      .filter(({ name }) => local.includes(name))
      .flatMap((service) => {
        const to = ofFamily(service.addresses, family)
        if (to.length === 0) return []
        const way: Match[] = [
          { on: destinationOf(family), in: to },
          { on: sourceOf(family), in: `@${setName(group, family)}` },
          byTunnel,
        ]
        return [
          ...standing([family], { way, still: isAnswer }),
          ...trafficMatches(service['from-nodes'], family).map((traffic) =>
            accepted(...way, ...traffic),
          ),
        ]
      }),
  )
}

function innerOf({ hub, config }: Scene['state'], family: Family): string[] {
  return ofFamily(config.hubs.find(({ name }) => name === hub)?.inner ?? [], family)
}
