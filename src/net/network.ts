import type { Family } from '../address.ts'
import type { Firewall } from './nft/firewall.ts'
import type { Ruleset } from './nft/ruleset.ts'

/**
 * dynfarm's mark on what it makes: the protocol of routes and rules, the group of devices, the metric
 * of addresses. It is set in the same kernel call that makes the object, so it survives any crash.
 */
export const MARK = 177

/**
 * A closed route of this metric is marked by it, and set as the kernel's own: systemd-networkd removes, whenever it sets
 * up a link, what stands on no device and is of any other protocol.
 */
export const LASTING_METRIC = 4096 + MARK
/** RTPROT_KERNEL */
export const LASTING_PROTOCOL = 2

/** All that dynfarm wants of a host's network. What bears its mark and is not listed is removed. */
export interface Network {
  devices: readonly Device[]
  addresses: readonly DeviceAddress[]
  routes: readonly Route[]
  rules: readonly Rule[]
  settings: readonly DeviceSettings[]
  firewall?: Firewall
}

export const nothing: Network = { devices: [], addresses: [], routes: [], rules: [], settings: [] }

export type Device =
  | GreLink
  | VxlanLink
  | TunDevice
  | WireguardDevice
  | ShapingDevice
  | ExternalDevice

export interface GreLink {
  kind: 'gre'
  name: string
  /** Their family decides between gre and ip6gre. */
  local: string
  remote: string
  key?: number
  /** The device that outer packets must leave by. */
  dev?: string
  mtu: number
}

export interface VxlanLink {
  kind: 'vxlan'
  name: string
  id: number
  port: number
  local: string
  remote: string
  dev?: string
  mtu: number
}

/** A persistent tun device that another process will attach to. */
export interface TunDevice {
  kind: 'tun'
  name: string
  user?: string
  mtu?: number
}

/** The kernel's own; src/vpn gives it its key and its peers. */
export interface WireguardDevice {
  kind: 'wireguard'
  name: string
  mtu: number
}

/** Packets that filters lead into it come out where they came from, when its queues let them. */
export interface ShapingDevice {
  kind: 'ifb'
  name: string
  mtu: number
}

/** Made elsewhere. It is marked, brought up, and removed in the end. */
export interface ExternalDevice {
  kind: 'external'
  name: string
  mtu?: number
}

/** Always a single address: its prefix is the whole of it. */
export interface DeviceAddress {
  dev: string
  address: string
}

export type Route = UnicastRoute | UnreachableRoute

interface RouteTarget {
  table: number
  /** 10.0.0.0/8, 10.1.2.3, or 0.0.0.0/0 and ::/0 for all. */
  to: string
  /** 1 when absent: before whatever else there may be. */
  metric?: number
}

export interface UnicastRoute extends RouteTarget {
  dev: string
  via?: string
  src?: string
  /** Locked: path MTU discovery does not change it. */
  mtu?: number
}

export interface UnreachableRoute extends RouteTarget {
  unreachable: true
}

/** In the one spelling that parsing gives; two routes with one key cannot stand side by side. */
export type CanonicalRoute = Route & { readonly key: string }

export interface CanonicalNetwork extends Network {
  routes: readonly CanonicalRoute[]
}

/** What comes in by this device, or has this source, is routed by this table. */
export type Rule = { family: Family; table: number; priority: number } & RuleSelector

export type RuleSelector = { iif: string } | { from: string }

export interface DeviceSettings {
  dev: string
  /** 0 is loose, 2, where the host checks sources on all its devices: the kernel takes the larger of the two. */
  rpFilter?: 0 | 1 | 2
  acceptRa?: 0 | 1 | 2
  forward?: readonly Family[]
}

/** What bears dynfarm's mark on a host, and what it must know of the rest. */
export interface ObservedNetwork {
  devices: readonly ObservedDevice[]
  /** With their length, as found. */
  addresses: readonly DeviceAddress[]
  routes: readonly CanonicalRoute[]
  rules: readonly Rule[]
  /** By path below /proc/sys. */
  sysctls: ReadonlyMap<string, string>
  firewall?: Ruleset
  foreign: Foreign
  /** Its kernel was started without IPv6. */
  lacksIPv6?: boolean
}

export type ObservedDevice = Device & { mtu: number; up: boolean }

/** A host on which dynfarm made nothing yet, and of which nothing else is known. */
export const bareHost: ObservedNetwork = {
  devices: [],
  addresses: [],
  routes: [],
  rules: [],
  sysctls: new Map(),
  foreign: { devices: new Map(), addresses: [], routes: new Set(), gateways: [] },
}

export interface Foreign {
  devices: ReadonlyMap<string, ForeignDevice>
  addresses: readonly DeviceAddress[]
  /** The key of each. */
  routes: ReadonlySet<string>
  /** Of the machine's way to everything else. */
  gateways: readonly string[]
}

export interface ForeignDevice {
  group: number
  mtu: number
  up: boolean
}
