import { type Family, familyOf } from '../address.ts'
import type { GreLink, VxlanLink } from './network.ts'
import type { FirewallRule, Match } from './nft/firewall.ts'

/** Before connection tracking, which a forged packet must not reach. */
export const beforeConnections = -290

/**
 * Neither GRE nor VXLAN proves where a packet comes from. What goes into a link must come from the address of its far
 * end, and by the interface that leads there: so that no other host can speak as that end, nor can anybody by another
 * network. Of GRE the kernel itself asks for both addresses; VXLAN takes what has the network's number.
 */
export function originRules(links: readonly (GreLink | VxlanLink)[]): FirewallRule[] {
  return links.flatMap((link) => (link.kind === 'gre' ? greRules(link) : vxlanRules(link)))
}

function greRules({ local, remote }: GreLink): FirewallRule[] {
  const { from, to } = words[familyOf(remote)]
  const gre: Match = { on: 'meta l4proto', in: ['gre'] }
  return [dropped({ on: from, in: [remote] }, { on: to, in: [local] }, gre, elsewhere)]
}

function vxlanRules({ local, remote, port, id }: VxlanLink): FirewallRule[] {
  const { from, to, other } = words[familyOf(remote)]
  const ours: Match[] = [
    { on: 'udp dport', in: [port] },
    { on: '@th,96,24', in: [id] },
  ]
  return [
    dropped({ on: 'meta nfproto', in: [other] }, ...ours),
    dropped(...ours, { on: from, in: [remote], not: true }),
    dropped(...ours, { on: to, in: [local], not: true }),
    dropped(...ours, elsewhere),
  ]
}

/** By an interface that no answer would leave by. */
const elsewhere: Match = { on: 'fib saddr . iif oif', in: ['missing'] }

interface Words {
  from: Match['on']
  to: Match['on']
  other: Family
}

const words: Readonly<Record<Family, Words>> = {
  ipv4: { from: 'ip saddr', to: 'ip daddr', other: 'ipv6' },
  ipv6: { from: 'ip6 saddr', to: 'ip6 daddr', other: 'ipv4' },
}

function dropped(...match: Match[]): FirewallRule {
  return { match, actions: ['counter', 'drop'] }
}
