import type { Family } from '../../address.ts'
import { originRules } from '../../net/link-origins.ts'
import type { GreLink, VxlanLink } from '../../net/network.ts'
import type { Chain, FirewallRule, Match } from '../../net/nft/firewall.ts'
import { ofFamily } from './groups.ts'
import type { LinkEnd } from './links.ts'
import { neighbours } from './neighbours.ts'
import type { PeerEnd } from './peers.ts'
import { allNodes, dropped, type Scene, sourceOf } from './scene.ts'

/** For what comes by a link, and for what would go into one: chains of their own, because few packets do either. */
const [brought, origins] = ['brought', 'origins']

/**
 * A node's address comes by a tunnel or another hub alone, and by a tunnel nothing else; a link brings its own. Addresses are
 * asked before devices, because they are found faster and every packet of the host comes by here.
 */
export function sourceRules(scene: Scene): FirewallRule[] {
  const { peers } = scene
  const notThese: Match[] = [
    { on: 'iifname', in: '@tunnels', not: true },
    ...(peers.length > 0 ? [{ on: 'iifname', in: '@hubs', not: true } as const] : []),
  ]
  return [
    ...(['ipv4', 'ipv6'] as const).flatMap((family): FirewallRule[] => {
      const from = sourceOf(family)
      const nodes = `@${allNodes(family)}` as const
      return [
        dropped({ on: from, in: nodes, not: true }, { on: 'iifname', in: '@tunnels' }),
        dropped({ on: from, in: nodes }, ...notThese),
        ...peers.flatMap((peer) => hubsOwn(peer, family)),
      ]
    }),
    ...ways(scene).map(([match, jump]): FirewallRule => ({ match: [match], actions: [{ jump }] })),
  ]
}

export function sourceChains(scene: Scene): Chain[] {
  const { links, peers } = scene
  const rules = {
    [brought]: [
      ...neighbours(scene),
      ...(['ipv4', 'ipv6'] as const).flatMap((family) => [
        ...links.flatMap((link) => linkSources(link, family)),
        ...peers.flatMap((peer) => peerSources(scene, peer, family)),
      ]),
    ],
    [origins]: originRules(linkDevices(scene)),
  }
  const used = new Set(ways(scene).map(([, chain]) => chain))
  return [...used].map((name) => ({ name, rules: rules[name] ?? [] }))
}

function ways(scene: Scene): [Match, string][] {
  const devices = linkDevices(scene)
  const ports = devices.flatMap((device) => (device.kind === 'vxlan' ? [device.port] : []))
  const hasGre = devices.some(({ kind }) => kind === 'gre')
  return [
    ...(scene.links.length > 0 ? [[{ on: 'iifname', in: '@links' }, brought] as const] : []),
    ...(scene.peers.length > 0 ? [[{ on: 'iifname', in: '@hubs' }, brought] as const] : []),
    ...(hasGre ? [[{ on: 'meta l4proto', in: ['gre'] }, origins] as const] : []),
    ...(ports.length > 0 ? [[{ on: 'udp dport', in: ports }, origins] as const] : []),
  ].map(([match, chain]) => [match, chain])
}

function linkDevices({ links, peers }: Scene): (GreLink | VxlanLink)[] {
  return [...links, ...peers].map(({ device }) => device)
}

function hubsOwn({ device, inner }: PeerEnd, family: Family): FirewallRule[] {
  const hub = ofFamily(inner, family)
  if (hub.length === 0) return []
  return [
    dropped({ on: sourceOf(family), in: hub }, { on: 'iifname', in: [device.name], not: true }),
  ]
}

/** The link of another hub brings what is between nodes, services and that hub. */
function peerSources({ links }: Scene, { device, inner }: PeerEnd, family: Family): FirewallRule[] {
  const on = sourceOf(family)
  const known = ofFamily([...inner, ...links.flatMap(({ addresses }) => addresses)], family)
  const nodes: Match = { on, in: `@${allNodes(family)}`, not: true }
  const others: Match[] = known.length > 0 ? [{ on, in: known, not: true }] : []
  return [dropped({ on: 'iifname', in: [device.name] }, nodes, ...others)]
}

function linkSources({ device, addresses }: LinkEnd, family: Family): FirewallRule[] {
  const own = ofFamily(addresses, family)
  const from: Match = { on: 'iifname', in: [device.name] }
  const other: Match =
    own.length > 0
      ? { on: sourceOf(family), in: own, not: true }
      : { on: 'meta nfproto', in: [family] }
  return [dropped(from, other)]
}
