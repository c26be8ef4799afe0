import type { Family } from './address.ts'

const OUTER_HEADER = { ipv4: 20, ipv6: 40 } as const
const GRE_HEADER = 4
const GRE_KEY = 4
const VXLAN_HEADERS = 8 + 8 + 14

/** The least an IPv6 link must carry. */
export const SMALLEST_IPV6_MTU = 1280

export function greOverhead(outer: Family, keyed: boolean): number {
  return OUTER_HEADER[outer] + GRE_HEADER + (keyed ? GRE_KEY : 0)
}

/** Outer address, UDP, VXLAN and the inner Ethernet header. */
export function vxlanOverhead(outer: Family): number {
  return OUTER_HEADER[outer] + VXLAN_HEADERS
}

/** A link carries no more than its path, and no more than the tunnels it feeds. */
export function linkMtu(path: number, overhead: number, tunnel: number = path): number {
  return Math.min(path - overhead, tunnel)
}

/** The largest TCP payload that fits: what an MSS clamp for this MTU says. */
export function maximumSegment(mtu: number, inner: Family): number {
  return mtu - OUTER_HEADER[inner] - 20
}
