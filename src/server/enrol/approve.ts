import type { AnswerOf } from '../../protocol/endpoints.ts'
import type { NodeRecord } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import type { Call, Person } from '../call.ts'
import { Refusal } from '../refusal.ts'
import { auditEntry, type Server } from '../server.ts'
import { takeSlot } from './newcomer.ts'
import { findPlace } from './places.ts'

/** Gives a machine that waits its slot; it has the answer when it asks the next time. */
export async function nodeApprove(
  call: Call<'nodeApprove'>,
  server: Server,
): Promise<AnswerOf<'nodeApprove'>> {
  const { caller, params, source } = call
  if (!('actor' in caller)) throw new Error(`a ${caller.kind} was let in as an administrator`)
  const at = server.now()
  const profile = server.profile()
  return server.store.write(async (tx) => {
    const node = await findPending(tx, params['node'] ?? '', caller)
    const place = { profile, site: findPlace(profile, node), role: node.role, at }
    const given = await takeSlot(tx, place)
    await tx.nodes.giveSlot({ id: node.id, ...given, state: 'joining' })
    await tx.audit.append(
      auditEntry({
        time: at,
        actor: caller.actor,
        action: 'node-approve',
        subject: node.id,
        source: source?.address ?? null,
        addresses: given.addresses,
        detail: { name: given.name, site: node.site, class: node.class, role: node.role },
      }),
    )
    return { changed: [given.name] }
  })
}

/** A machine that waits has an id and no name. */
async function findPending(tx: Tx, id: string, { site }: Person): Promise<NodeRecord> {
  const node = (await tx.nodes.byId(id)) ?? (await tx.nodes.byName(id))
  if (node === undefined || node.freed !== null || (site !== null && site !== node.site))
    throw new Refusal('not-found', `no machine "${id}" waits`)
  if (node.state === 'pending') return node
  throw new Refusal('not-found', `"${node.name ?? id}" does not wait: it is ${node.state}`)
}
