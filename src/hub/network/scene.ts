import type { Family } from '../../address.ts'
import type { FirewallRule, Match } from '../../net/nft/firewall.ts'
import { digit, type Group } from './groups.ts'
import type { LinkEnd } from './links.ts'
import type { PeerEnd } from './peers.ts'
import type { HubState } from './state.ts'

/** What every part of the firewall speaks of. */
export interface Scene {
  state: HubState
  links: readonly LinkEnd[]
  /** The links to other hubs. */
  peers: readonly PeerEnd[]
  groups: readonly Group[]
  /** Of inner addresses. */
  families: readonly Family[]
}

/** The name of the set of all nodes' addresses. */
export function allNodes(family: Family): string {
  return `nodes${digit(family)}`
}

/** The same without those in quarantine. */
export function activeNodes(family: Family): string {
  return `active${digit(family)}`
}

export function sourceOf(family: Family): 'ip saddr' | 'ip6 saddr' {
  return family === 'ipv4' ? 'ip saddr' : 'ip6 saddr'
}

export function destinationOf(family: Family): 'ip daddr' | 'ip6 daddr' {
  return family === 'ipv4' ? 'ip daddr' : 'ip6 daddr'
}

/**
 * Of connections that stand and still count, and the errors that belong to any. A helper's expectations, which somebody
 * may have switched on at this host, open nothing here; nor may a redirect change a route.
 */
export function standing(
  families: readonly Family[],
  { way = [], still }: { way?: readonly Match[]; still: Match },
): FirewallRule[] {
  const error = (family: Family): Match =>
    family === 'ipv4'
      ? { on: 'icmp type', in: errors.ipv4 }
      : { on: 'icmpv6 type', in: errors.ipv6 }
  const related: Match = { on: 'ct state', in: ['related'] }
  return [
    accepted(...way, { on: 'ct state', in: ['established'] }, still),
    ...families.map((family) => accepted(...way, related, error(family))),
  ]
}

/** To what was opened from the other side. */
export const isAnswer: Match = { on: 'ct direction', in: ['reply'] }

const errors: Readonly<Record<Family, readonly string[]>> = {
  ipv4: ['destination-unreachable', 'time-exceeded', 'parameter-problem'],
  ipv6: ['destination-unreachable', 'packet-too-big', 'time-exceeded', 'parameter-problem'],
}

export function accepted(...match: Match[]): FirewallRule {
  return { match, actions: ['accept'] }
}

export function dropped(...match: Match[]): FirewallRule {
  return { match, actions: ['counter', 'drop'] }
}

/** The set of all devices of ours, besides those of each kind: whose a packet is, is one question. */
export const allDevices = 'ours'
export const fromOurs: Match = { on: 'iifname', in: `@${allDevices}` }
export const toOurs: Match = { on: 'oifname', in: `@${allDevices}` }

/** Ends a chain for all that does not match, before it is asked anything else: the outer packets of tunnels are many. */
export function only(match: Match): FirewallRule {
  return { match: [{ ...match, not: true }], actions: ['return'] }
}
