import type { Profile } from '../../profile/types.ts'
import type { AnswerOf, RequestOf } from '../../protocol/endpoints.ts'
import type { NodeRecord, Time } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import type { Call, Person } from '../call.ts'
import { Refusal } from '../refusal.ts'
import { auditEntry, type Server } from '../server.ts'
import { takeSlot } from './newcomer.ts'
import { findPlace } from './places.ts'
import { stateAfter } from './report.ts'

/** Gives a machine that waits its slot, which has the answer when it asks the next time; or ends a quarantine. */
export async function nodeApprove(
  call: Call<'nodeApprove'>,
  server: Server,
): Promise<AnswerOf<'nodeApprove'>> {
  const { caller, params, source } = call
  if (!('actor' in caller)) throw new Error(`a ${caller.kind} was let in as an administrator`)
  const at = server.now()
  return server.store.write(async (tx) => {
    const node = await findWaiting(tx, params['node'] ?? '', caller)
    const { name, addresses } =
      node.state === 'quarantined'
        ? await letOut(tx, node)
        : await letIn(tx, node, { profile: server.profile(), at })
    await tx.audit.append(
      auditEntry({
        time: at,
        actor: caller.actor,
        action: 'node-approve',
        subject: node.id,
        source: source?.address ?? null,
        addresses,
        detail: { name, site: node.site, class: node.class, role: node.role, was: node.state },
      }),
    )
    return { changed: [name ?? node.id] }
  })
}

async function letIn(
  tx: Tx,
  node: NodeRecord,
  { profile, at }: { profile: Profile; at: Time },
): Promise<Pick<NodeRecord, 'name' | 'addresses'>> {
  const place = { profile, site: findPlace(profile, node), role: node.role, at }
  const given = await takeSlot(tx, place)
  await tx.nodes.giveSlot({ id: node.id, ...given, state: 'joining' })
  return given
}

/** It is what it said last, as if there had been no quarantine. */
async function letOut(tx: Tx, node: NodeRecord): Promise<NodeRecord> {
  const said = (node.report as RequestOf<'report'> | null)?.state ?? 'down'
  await tx.nodes.update(node.id, { state: stateAfter('joining', said) })
  return node
}

/** A machine that waits for its slot has an id and no name. */
async function findWaiting(tx: Tx, id: string, { site }: Person): Promise<NodeRecord> {
  const node = (await tx.nodes.byId(id)) ?? (await tx.nodes.byName(id))
  if (node === undefined || node.freed !== null || (site !== null && site !== node.site))
    throw new Refusal('not-found', `no machine "${id}" waits`)
  if (node.state === 'pending' || node.state === 'quarantined') return node
  throw new Refusal('not-found', `"${node.name ?? id}" does not wait: it is ${node.state}`)
}
