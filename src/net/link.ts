import { type Family, familyOf } from '../address.ts'
import { greOverhead, linkMtu, vxlanOverhead } from './mtu.ts'
import type { GreLink, VxlanLink } from './network.ts'

/** One link between a hub and a host of a service. */
export interface Link {
  kind: 'gre' | 'vxlan'
  hub: LinkEnd & { inner: readonly string[] }
  service: LinkEnd
  /** Which host of the service, from 0: a failover pair has a link to each. */
  host: number
  /** Both ends know it; VXLAN takes its network's number from it. */
  key: number
  /** Of VXLAN. */
  port: number
  /** Of the path between the two ends. */
  pathMtu: number
  /** The link carries no larger packet than the tunnels that it feeds. */
  tunnelMtu: number
}

export interface LinkEnd {
  name: string
  /** One of each family at most. */
  addresses: readonly string[]
}

/** What the tunnels leave of a path of 1500 bytes: WireGuard over IPv6 takes 80. */
export const TUNNEL_MTU = 1420

/** The device at the hub is named after the service, the one at the service after the hub. */
export function hubDevice(link: Link): GreLink | VxlanLink {
  return device(link, { own: link.hub, far: link.service, host: link.host })
}

export function serviceDevice(link: Link): GreLink | VxlanLink {
  return device(link, { own: link.service, far: link.hub, host: 0 })
}

/** Between two hubs, where `service` is the other one: the name says that it leads to a hub. */
export function peerDevice(link: Link): GreLink | VxlanLink {
  return { ...hubDevice(link), name: `hub-${link.service.name}` }
}

interface Seen {
  own: LinkEnd
  far: LinkEnd
  host: number
}

function device(link: Link, { own, far, host }: Seen): GreLink | VxlanLink {
  const family = outerFamily(link)
  const name = deviceNameOf(link.kind, far.name, host)
  const ends = {
    local: addressOf(own, family),
    remote: addressOf(far, family),
    mtu: mtuOf(link, family),
  }
  if (link.kind === 'gre') return { kind: 'gre', name, key: link.key, ...ends }
  return {
    kind: 'vxlan',
    name,
    id: networkNumber(link),
    port: link.port,
    ...ends,
  }
}

/** A name of 11 letters leaves room for four: gre-ce, and gr2-ce for the service's second host. */
function deviceNameOf(kind: Link['kind'], far: string, host: number): string {
  const prefix = host === 0 ? kind.slice(0, 3) : `${kind.slice(0, 2)}${(host + 1).toString(36)}`
  return `${prefix}-${far}`
}

/** IPv4 where both ends have it: its header is the smaller. */
function outerFamily({ hub, service }: Link): Family {
  const both = [hub, service].every(({ addresses }) =>
    addresses.some((it) => familyOf(it) === 'ipv4'),
  )
  return both ? 'ipv4' : 'ipv6'
}

function addressOf({ name, addresses }: LinkEnd, family: Family): string {
  const address = addresses.find((it) => familyOf(it) === family)
  if (address === undefined) throw new Error(`"${name}" has no ${family} address`)
  return address
}

function mtuOf({ kind, pathMtu, tunnelMtu }: Link, family: Family): number {
  const overhead = kind === 'gre' ? greOverhead(family, true) : vxlanOverhead(family)
  return linkMtu(pathMtu, overhead, tunnelMtu)
}

/** 24 bits, and never 0; the kernel has no two of one number, so each host of a service has its own. */
function networkNumber({ key, host }: Link): number {
  return (key + host) & 0xffffff || 0xfffffe
}
