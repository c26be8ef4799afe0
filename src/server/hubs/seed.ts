import { DynfarmError } from '../../errors.ts'
import type { AnswerOf, RequestOf } from '../../protocol/endpoints.ts'
import { parsePosition } from '../../protocol/position.ts'
import type { HostRecord, Position } from '../../protocol/records.ts'
import type { Seeded } from '../../store/reseed.ts'
import type { Call } from '../call.ts'
import { quarantineOf } from '../enrol/freeing.ts'
import { auditEntry, type Server } from '../server.ts'
import { hostOf, stillIn } from './host-caller.ts'
import { heedWitness } from './lost-history.ts'
import { portionsOf } from './portions.ts'
import { answerPosition } from './report.ts'
import { takeRevocations } from './revoked-nodes.ts'
import { type PlacedSeed, placeSeed } from './seed-node.ts'

interface Seeding {
  host: HostRecord
  source: string | null
  body: RequestOf<'hubSeed'>
  /** Where the hub was. */
  position: Position
}

/** `POST /v1/hub/seed`: takes in what a hub knows and a restored store does not. Given again, it changes nothing. */
export async function takeSeed(
  { caller, body, source }: Call<'hubSeed'>,
  server: Server,
): Promise<AnswerOf<'hubSeed'>> {
  const host = hostOf(caller)
  const position = parsePosition(body.position)
  if (position === undefined) throw new Error('a position that was checked cannot be read')
  const seeding = { host, source: source?.address ?? null, body, position }
  if (await isWanted(server, seeding)) await takeIn(server, seeding)
  return answerPosition(server)
}

/** Knowledge of this very epoch is the store's own, unless the hub has yet to tell what it had before. */
async function isWanted(server: Server, { host, position }: Seeding): Promise<boolean> {
  const witness = { host, position, at: server.now() }
  return server.store.write(async (tx) => {
    await heedWitness(tx, witness)
    const { seededEpoch } = stillIn(await tx.hosts.byId(host.id))
    const { epoch } = await tx.feed.position()
    return seededEpoch !== epoch || position.epoch !== epoch
  })
}

async function takeIn(server: Server, seeding: Seeding): Promise<void> {
  const { host, source, body, position } = seeding
  const bounds = { profile: server.profile(), generation: position.generation, now: server.now() }
  const nodes = body.nodes
    .map((seed) => placeSeed(seed, bounds))
    .filter((seed) => seed !== undefined)
  const taken = await takeNodes(server, nodes, seeding)
  await takeRevocations(server, body.revoked, { actor: host.name, source })
  await server.store.write(async (tx) => {
    await tx.hosts.seeded(host.id)
    await tx.audit.append(
      auditEntry({
        time: server.now(),
        actor: host.name,
        action: 'hub-seed',
        subject: host.id,
        source,
        detail: { position: body.position, ...taken },
      }),
    )
  })
}

type Taken = Record<keyof Seeded | 'refused', number>

/** Each in a transaction of its own, many of which share a commit: one that cannot be taken in keeps none out. */
async function takeNodes(
  server: Server,
  nodes: readonly PlacedSeed[],
  seeding: Seeding,
): Promise<Taken> {
  const counts: Taken = { added: 0, changed: 0, kept: 0, refused: 0 }
  for (const portion of portionsOf(nodes)) {
    const outcomes = await Promise.all(portion.map((node) => takeNode(server, node, seeding)))
    for (const outcome of outcomes) counts[outcome] += 1
  }
  return counts
}

async function takeNode(server: Server, node: PlacedSeed, seeding: Seeding): Promise<keyof Taken> {
  try {
    return await reseedNode(server, node, seeding)
  } catch (error) {
    if (error instanceof DynfarmError) throw error
    server.log.warn(
      `${seeding.host.name} gave a node that cannot be taken in: ${node.id}: ${error}`,
    )
    return 'refused'
  }
}

/** Whoever comes back, or is known better now, is in the audit again: what it had of them is lost as well. */
function reseedNode(
  { store, now, profile }: Server,
  node: PlacedSeed,
  { host, source }: Seeding,
): Promise<keyof Seeded> {
  const at = now()
  const rest = quarantineOf(profile(), node.site)
  return store.write(async (tx) => {
    const { added, changed } = await tx.reseed({ nodes: [node], at, restUntil: at + rest })
    if (added + changed === 0) return 'kept'
    await tx.audit.append(
      auditEntry({
        time: at,
        actor: host.name,
        action: 'node-seed',
        subject: node.id,
        source,
        addresses: node.addresses,
        detail: { name: node.name, site: node.site, slot: node.slot, state: node.state },
      }),
    )
    return added > 0 ? 'added' : 'changed'
  })
}
