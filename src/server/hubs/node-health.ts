import type { NodeSummary, Sighting } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import { auditEntry, type Server } from '../server.ts'
import { portionsOf } from './portions.ts'
import { type Heard, type Hearing, hear, type Seen } from './sighting.ts'

/** So many changes of one report are told to the audit; the rest are when they are heard of again. */
const linesOfReport = 1000

export interface HeardOf {
  nodes: readonly Heard[]
  hearing: Omit<Hearing, 'mayTell'>
  /** The hub's address. */
  source: string | null
}

/** Keeps what a hub sees of nodes, and tells the audit of tunnels that came, went or moved. */
export async function noteNodes(server: Server, heardOf: HeardOf): Promise<void> {
  const latest = new Map(heardOf.nodes.map((heard) => [heard.node, heard]))
  let room = linesOfReport
  for (const portion of portionsOf([...latest.values()])) {
    const told = await server.store.write((tx) =>
      notePortion(tx, { ...heardOf, nodes: portion }, room),
    )
    room -= told
  }
}

async function notePortion(tx: Tx, heardOf: HeardOf, room: number): Promise<number> {
  const sightings: Sighting[] = []
  let told = 0
  for (const { node, seen } of await follow(tx, heardOf, room)) {
    sightings.push({ node: node.id, at: seen.at, health: { ...seen.health } })
    if (seen.told === undefined) continue
    told += 1
    await tx.audit.append(tunnelEntry(node, { ...seen, told: seen.told }, heardOf))
  }
  await tx.nodes.see(sightings)
  return told
}

interface Followed {
  node: NodeSummary
  seen: Seen
}

async function follow(
  { nodes }: Tx,
  { nodes: heard, hearing }: HeardOf,
  room: number,
): Promise<Followed[]> {
  const byId = new Map(heard.map((one) => [one.node, one]))
  const followed: Followed[] = []
  let left = room
  for (const node of await nodes.byIds([...byId.keys()])) {
    const word = byId.get(node.id)
    const seen = word && hear(node, word, { ...hearing, mayTell: left > 0 })
    if (seen !== undefined) followed.push({ node, seen })
    if (seen?.told !== undefined) left -= 1
  }
  return followed
}

function tunnelEntry(
  { id, name, site, addresses }: NodeSummary,
  { at, told, health }: Seen & { told: NonNullable<Seen['told']> },
  { hearing, source }: HeardOf,
) {
  const { state, hub, rung, outer, muted } = told
  return auditEntry({
    time: hearing.now,
    actor: hub,
    action: `tunnel-${state}`,
    subject: id,
    source,
    addresses: [...addresses, ...(outer ? [outer.address] : [])],
    detail: { name, site, at, rung, outer, mtu: health.mtu, ...(muted > 0 && { muted }) },
  })
}
