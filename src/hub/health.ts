import type { RequestOf } from '../protocol/endpoints.ts'
import type { Presences } from './presence.ts'
import type { LiveNode } from './roster.ts'
import { helloCounts, type Seating } from './seats.ts'

type HubReport = RequestOf<'hubReport'>
export type NodeHealth = NonNullable<HubReport['nodes']>[number]
export type LinkHealth = NonNullable<HubReport['links']>[number]

export interface Seen {
  seats: ReadonlyMap<string, Seating>
  /** By rung. */
  presences: ReadonlyMap<string, Presences>
  /** The rungs that are OpenVPN, which knows who is there. */
  openvpn: ReadonlySet<string>
  usage?: { ofNode(node: LiveNode): NodeHealth['limits'] }
}

/** WireGuard shakes hands every two minutes as long as anything is sent. */
const handshakeCounts = 190_000

/** Of every node that ever came; of the others there is nothing to tell. */
export function nodeHealth(nodes: readonly LiveNode[], seen: Seen, now: number): NodeHealth[] {
  return nodes.flatMap((node) => {
    const seat = seen.seats.get(node.id)
    if (seat === undefined) return []
    const limits = seen.usage?.ofNode(node)
    return [{ ...healthOf(node.id, seat, { seen, now }), ...(limits !== undefined && { limits }) }]
  })
}

function healthOf(
  node: string,
  { rung, mtu, at, hello }: Seating,
  { seen, now }: { seen: Seen; now: number },
): NodeHealth {
  const presence = seen.presences.get(rung)?.get(node)
  const last = Math.min(now, Math.max(at, hello?.at ?? 0, presence?.at ?? 0))
  const isUp = seen.openvpn.has(rung)
    ? presence !== undefined
    : now - last < (hello === undefined ? handshakeCounts : helloCounts)
  return {
    ...{ node, state: isUp ? 'up' : 'down', at: last, rung },
    ...(mtu !== undefined && { mtu }),
    ...(presence?.outer !== undefined && { outer: presence.outer }),
    ...(presence !== undefined && { rx: presence.sent, tx: presence.received }),
  }
}

/** Who changed place, and, from time to time, also who was merely heard of. */
export function newsOf(
  now: readonly NodeHealth[],
  told: ReadonlyMap<string, NodeHealth>,
  withTraffic: boolean,
): NodeHealth[] {
  return now.filter((health) => {
    const before = told.get(health.node)
    if (before === undefined) return true
    return placeOf(health) !== placeOf(before) || (withTraffic && health.at !== before.at)
  })
}

/** A node whose seat is gone since it was told of. */
export function gone(
  now: readonly NodeHealth[],
  told: ReadonlyMap<string, NodeHealth>,
): NodeHealth[] {
  const there = new Set(now.map(({ node }) => node))
  return [...told.values()]
    .filter(({ node, state }) => state === 'up' && !there.has(node))
    .map((health) => ({ ...health, state: 'down' }))
}

function placeOf({ state, rung, outer, mtu }: NodeHealth): string {
  return JSON.stringify([state, rung, outer?.address, outer?.port, mtu])
}
