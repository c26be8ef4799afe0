import type { OuterEnd } from '../vpn/openvpn/outer-end.ts'
import { parseOuterEnd } from '../vpn/openvpn/outer-end.ts'
import type { ClientStatus } from '../vpn/openvpn/status.ts'
import type { ObservedWireguard } from '../vpn/wireguard/wireguard.ts'
import type { LiveNode } from './roster.ts'

/** What a tunnel's end knows of one node. Times are in milliseconds since 1970. */
export interface Presence {
  /** When its session began, or last shook hands. */
  began: number
  /** When something came from it. */
  at: number
  outer: OuterEnd | undefined
  received: number
  sent: number
}

/** Of one rung, by the node's id. */
export type Presences = ReadonlyMap<string, Presence>

export function openvpnPresences(
  clients: readonly ClientStatus[],
  nodes: readonly LiveNode[],
  { before, now }: { before: Presences; now: number },
): Presences {
  const owners = byCertificate(nodes)
  return new Map(
    clients.flatMap(({ certificate, since, ...client }): [string, Presence][] => {
      const node = owners.get(certificate)
      if (node === undefined) return []
      const { received, sent, outer } = client
      const seen = { began: since * 1000, outer, received, sent }
      return [[node.id, { ...seen, at: lastHeard(seen, before.get(node.id), now) }]]
    }),
  )
}

export function wireguardPresences(
  device: ObservedWireguard | undefined,
  nodes: readonly LiveNode[],
  { before, now }: { before: Presences; now: number },
): Presences {
  return new Map(
    nodes.flatMap(({ id, wireguardKey }): [string, Presence][] => {
      const peer = device?.peers.get(wireguardKey ?? '')
      if (peer === undefined || peer.handshake === 0) return []
      const { received, sent, endpoint } = peer
      const outer = endpoint === undefined ? undefined : parseOuterEnd(endpoint)
      const seen = { began: peer.handshake * 1000, outer, received, sent }
      return [[id, { ...seen, at: lastHeard(seen, before.get(id), now) }]]
    }),
  )
}

export function byCertificate(nodes: readonly LiveNode[]): ReadonlyMap<string, LiveNode> {
  return new Map(
    nodes.flatMap((node) => node.certificates.map((id): [string, LiveNode] => [id, node])),
  )
}

/** Bytes that came since the last look came just now; of what came before it, only the session's beginning is known. */
function lastHeard(seen: Omit<Presence, 'at'>, before: Presence | undefined, now: number): number {
  if (before === undefined) return Math.min(seen.began, now)
  const isHeard = seen.received > before.received || seen.began > before.began
  return isHeard ? now : before.at
}
