import { type Family, familyOf } from '../address.ts'
import type { GreLink, VxlanLink } from './network.ts'
import type { FirewallRule, Match } from './nft/firewall.ts'

type LinkDevice = GreLink | VxlanLink

/** Before connection tracking, which a forged packet must not reach. */
export const beforeConnections = -290

/**
 * Neither GRE nor VXLAN proves where a packet comes from. What goes into a link must come from the address of its far
 * end, and by the interface that leads there: so that no other host can speak as that end, nor can anybody by another
 * network. Of GRE the kernel itself asks for the address.
 */
export function originRules(links: readonly LinkDevice[]): FirewallRule[] {
  const ends = Map.groupBy(links, (link) => `${portOf(link)} ${familyOf(link.remote)}`)
  return [...ends.values()].flatMap(sameKind)
}

function sameKind(links: readonly LinkDevice[]): FirewallRule[] {
  const [first] = links
  if (first === undefined) return []
  const [from, to] = words[familyOf(first.remote)]
  const remote = links.map((link) => link.remote)
  const towards: Match = { on: to, in: [...new Set(links.map(({ local }) => local))] }
  if (first.kind === 'gre') {
    const fromEnds: Match = { on: from, in: remote }
    return [dropped(fromEnds, towards, { on: 'meta l4proto', in: ['gre'] }, elsewhere)]
  }
  const packets: Match[] = [towards, { on: 'udp dport', in: [first.port] }]
  return [dropped(...packets, { on: from, in: remote, not: true }), dropped(...packets, elsewhere)]
}

/** By an interface that no answer would leave by. */
const elsewhere: Match = { on: 'fib saddr . iif oif', in: ['missing'] }

const words: Readonly<Record<Family, readonly [from: Match['on'], to: Match['on']]>> = {
  ipv4: ['ip saddr', 'ip daddr'],
  ipv6: ['ip6 saddr', 'ip6 daddr'],
}

function portOf(link: LinkDevice): number | undefined {
  return link.kind === 'vxlan' ? link.port : undefined
}

function dropped(...match: Match[]): FirewallRule {
  return { match, actions: ['counter', 'drop'] }
}
