import { canonicalAddress } from '../../address.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import type { NodeSummary } from '../../protocol/records.ts'

type HubReport = RequestOf<'hubReport'>
export type Heard = NonNullable<HubReport['nodes']>[number]

/** How a node is connected, as far as hubs have told. */
export interface Connection {
  readonly hub: string
  readonly state: 'up' | 'down'
  readonly rung?: string
  readonly outer?: { readonly address: string; readonly port: number }
}

/** What the store keeps of a node's sighting. */
export interface NodeHealth extends Connection {
  readonly rx?: number
  readonly tx?: number
  readonly mtu?: number
  readonly limits?: Heard['limits']
  /** As the audit has it; while a node flaps it is behind. */
  readonly told?: Connection
  /** How much of this minute's share of audit lines is used, and how many changes were not told. */
  readonly lines?: { readonly since: number; readonly count: number; readonly muted: number }
}

export interface Seen {
  readonly at: number
  readonly health: NodeHealth
  /** What the audit is to be told: as it is now, and how many changes were passed over before. */
  readonly told?: Connection & { readonly muted: number }
}

export interface Hearing {
  readonly hub: string
  /** The server's clock. */
  readonly now: number
  /** By how much the hub's clock is behind it. */
  readonly behind: number
  /** Whether the audit takes another line of this report. */
  readonly mayTell: boolean
}

const shareMs = 60_000
const linesInShare = 6

/** What follows from a hub's word about a node; nothing when another hub knows better. A hub reports in order. */
export function hear(
  node: Pick<NodeSummary, 'lastSeen' | 'health'>,
  heard: Heard,
  hearing: Hearing,
): Seen | undefined {
  const before = readHealth(node.health)
  const seenBefore = node.lastSeen ?? 0
  const at = Math.min(hearing.now, heard.at + hearing.behind)
  if (before?.hub !== hearing.hub && at < seenBefore) return undefined
  if (isOutdone(before, heard, hearing)) return undefined
  const health = { ...kept(before, hearing), ...said(heard, hearing) }
  return tell({ at: Math.max(at, seenBefore), health }, before, hearing)
}

/** The health column, which hubs' words alone get into. */
export function readHealth(health: NodeSummary['health']): NodeHealth | undefined {
  return (health as NodeHealth | null) ?? undefined
}

/** A hub that a node has left does not take down what it is on now. */
function isOutdone(before: NodeHealth | undefined, heard: Heard, { hub }: Hearing): boolean {
  if (heard.state === 'up') return false
  return before === undefined || (before.state === 'up' && before.hub !== hub)
}

/** Whatever a hub leaves out is as it said before. */
function kept(before: NodeHealth | undefined, { hub }: Hearing): Partial<NodeHealth> {
  if (before === undefined) return {}
  // A node whose site has no limits any more is told of without.
  const { limits: _, ...same } = before
  const { told, lines } = same
  const audited = { ...(told && { told }), ...(lines && { lines }) }
  return before.hub === hub ? same : audited
}

function said({ state, rung, outer, rx, tx, mtu, limits }: Heard, { hub }: Hearing): NodeHealth {
  return {
    hub,
    state,
    ...(rung !== undefined && { rung }),
    ...(outer !== undefined && { outer: { ...outer, address: plainAddress(outer.address) } }),
    ...(rx !== undefined && { rx }),
    ...(tx !== undefined && { tx }),
    ...(mtu !== undefined && { mtu }),
    ...(limits !== undefined && { limits }),
  }
}

/** A daemon with one socket for both families tells IPv4 in IPv6's clothes. */
function plainAddress(address: string): string {
  return canonicalAddress(address.replace(/^::ffff:(?=[0-9]+\.)/i, ''))
}

/** A change is told to the audit when the node's share of the minute and the report have room for it. */
function tell({ at, health }: Seen, before: NodeHealth | undefined, hearing: Hearing): Seen {
  const now = connectionOf(health)
  const isTold = isSame(now, before?.told)
  const isChange = before === undefined || !isSame(now, connectionOf(before))
  if (isTold && !isChange) return { at, health }
  const { since, count, muted } = share(before, hearing)
  if (isTold || !hearing.mayTell || count >= linesInShare) {
    const lines = { since, count, muted: muted + (isChange ? 1 : 0) }
    return { at, health: { ...health, lines } }
  }
  const lines = { since, count: count + 1, muted: 0 }
  return { at, health: { ...health, told: now, lines }, told: { ...now, muted } }
}

function share(before: NodeHealth | undefined, { now }: Hearing): NonNullable<NodeHealth['lines']> {
  const lines = before?.lines
  if (lines === undefined) return { since: now, count: 0, muted: 0 }
  return Math.abs(now - lines.since) < shareMs
    ? lines
    : { since: now, count: 0, muted: lines.muted }
}

function connectionOf({ hub, state, rung, outer }: NodeHealth): Connection {
  return { hub, state, ...(rung !== undefined && { rung }), ...(outer && { outer }) }
}

function isSame(one: Connection, other: Connection | undefined): boolean {
  if (one.state !== other?.state) return false
  return one.state === 'down' || textOf(one) === textOf(other)
}

function textOf({ hub, rung, outer }: Connection): string {
  return JSON.stringify([hub, rung, outer?.address, outer?.port])
}
