/** A lab as data: segments are switches, hosts are what is plugged into them. */
export interface Topology {
  segments: readonly Segment[]
  hosts: readonly HostSpec[]
}

export interface Segment {
  name: string
  /** Addresses on it are known everywhere; on the others only to their neighbours. */
  public?: boolean
  mtu?: number
}

export interface HostSpec {
  name: string
  domain: string
  ports: readonly [Port, ...Port[]]
  routes?: readonly Route[]
  forwards?: boolean
  /** An nft ruleset, loaded at every boot. */
  firewall?: string
}

export interface Port {
  device: string
  segment: string
  /** With prefix lengths, either family. */
  addresses: readonly [string, ...string[]]
}

export interface Route {
  to: string
  via: string
}

/** An ordinary account on every host, for what has to work without root. */
export const ordinaryUser = { name: 'alice', uid: 31000, home: '/home/alice' }

export function addressesOf(host: HostSpec): string[] {
  return host.ports.flatMap((port) => port.addresses.map(withoutPrefix))
}

/** What a host's own name servers would answer `viewer`: the side they share, else the public one. */
export function addressesSeenFrom(
  topology: Topology,
  viewer: HostSpec,
  target: HostSpec,
): string[] {
  const shared = target.ports.filter((port) => isOn(viewer, port.segment))
  const seen = shared.length > 0 ? shared : target.ports.filter((port) => isPublic(topology, port))
  return seen.flatMap((port) => port.addresses.map(withoutPrefix))
}

function isOn(host: HostSpec, segment: string): boolean {
  return host.ports.some((port) => port.segment === segment)
}

function isPublic(topology: Topology, port: Port): boolean {
  return topology.segments.some((segment) => segment.name === port.segment && segment.public)
}

function withoutPrefix(address: string): string {
  return address.replace(/\/\d+$/, '')
}
