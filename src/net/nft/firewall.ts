import type { Family } from '../../address.ts'

/** What dynfarm wants of its one table, `inet dynfarm`. The words are those of nft. */
export interface Firewall {
  sets: readonly NamedSet[]
  chains: readonly Chain[]
}

export interface NamedSet {
  name: string
  type: SetType
  /** Its elements may be networks or ranges; they must not overlap. */
  interval?: boolean
  /** Filled by the kernel, for `connections`: so many at most. It has no elements here. */
  dynamic?: number
  /** Of a dynamic set: for how many seconds the kernel keeps an element. */
  timeout?: number
  elements?: readonly (string | number)[]
}

export type SetType = (typeof setTypes)[number]

/** By which a flow is known: source, protocol, its port, destination, its port. */
export const flowKeys = {
  ipv4: 'ip saddr . meta l4proto . th sport . ip daddr . th dport',
  ipv6: 'ip6 saddr . meta l4proto . th sport . ip6 daddr . th dport',
} as const

export const flowTypes = {
  ipv4: 'ipv4_addr . inet_proto . inet_service . ipv4_addr . inet_service',
  ipv6: 'ipv6_addr . inet_proto . inet_service . ipv6_addr . inet_service',
} as const

export const setTypes = [
  'ipv4_addr',
  'ipv6_addr',
  'inet_service',
  'ifname',
  flowTypes.ipv4,
  flowTypes.ipv6,
] as const

export interface Chain {
  name: string
  hook?: Hook
  rules: readonly FirewallRule[]
}

export interface Hook {
  type: 'filter' | 'nat' | 'route'
  at: 'prerouting' | 'input' | 'forward' | 'output' | 'postrouting'
  priority: number
  policy: 'accept' | 'drop'
}

export interface FirewallRule {
  match?: readonly Match[]
  actions: readonly Action[]
  comment?: string
}

export interface Match {
  on: Selector
  /** A named set, or any of these values. */
  in: `@${string}` | readonly (string | number)[]
  not?: boolean
}

export type Selector = (typeof selectors)[number]

export const selectors = [
  'iifname',
  'oifname',
  'ip saddr',
  'ip daddr',
  'ip6 saddr',
  'ip6 daddr',
  'tcp dport',
  'tcp sport',
  'udp dport',
  'udp sport',
  'icmp type',
  'icmpv6 type',
  'ct state',
  'ct mark',
  'ct direction',
  'meta l4proto',
  'meta nfproto',
  'fib saddr . iif oif',
  // The number of a VXLAN network, behind its UDP header.
  '@th,96,24',
  flowKeys.ipv4,
  flowKeys.ipv6,
] as const

export type Action =
  | 'accept'
  | 'drop'
  | 'reject'
  | 'return'
  | 'counter'
  | 'masquerade'
  | { jump: string }
  | { goto: string }
  | { log: string; group?: number }
  /** Puts this number on the connection. */
  | { mark: number }
  /** Matches when the address has more than so many connections. */
  | { connections: string; per: 'ip saddr' | 'ip6 saddr'; over: number }
  /** Matches when the address sends more than so many packets a second. */
  | { packets: string; per: 'ip saddr' | 'ip6 saddr'; over: number }
  /** Takes the flow into a set of flows; where that is full the rule ends here. */
  | { remember: string; flow: Family }
  /** Of TCP packets that open a connection: to the path MTU, or to so many bytes. */
  | { clampMss: 'path' | number }
