import type { EndpointName } from '../../protocol/endpoints.ts'
import type { AuditEntry, NodeRecord } from '../../protocol/records.ts'
import type { Call } from '../call.ts'
import { auditEntry } from '../server.ts'
import { personOf } from './person.ts'

/** What somebody does: by which request, and when. */
export interface Doing {
  readonly call: Pick<Call<EndpointName>, 'caller' | 'source'>
  readonly now: number
}

export type Act = Pick<AuditEntry, 'action'> &
  Partial<Pick<AuditEntry, 'subject' | 'addresses' | 'detail'>> & {
    /** Whose administrators are shown the entry too. */
    site?: string | null
  }

/** Who does it, and from where. */
export function whoDid(call: Doing['call']): { actor: string; source?: string } {
  const { actor } = personOf(call)
  return { actor, ...(call.source !== null && { source: call.source.address }) }
}

/** The audit's entry of what a person does. */
export function actEntry({ call, now }: Doing, { site, detail, ...act }: Act): AuditEntry {
  const { actor, source } = whoDid(call)
  return auditEntry({
    time: now,
    actor,
    ...act,
    ...(source !== undefined && { source, addresses: [...(act.addresses ?? []), source] }),
    detail: { ...(typeof site === 'string' && { site }), ...detail },
  })
}

type NodeAct = Pick<Act, 'action' | 'detail'>

/** The same of what is done to a node, which is found by its id and by its addresses ever after. */
export function nodeEntry(doing: Doing, node: NodeRecord, { action, detail }: NodeAct): AuditEntry {
  const { id, site, name, addresses } = node
  return actEntry(doing, { action, subject: id, site, addresses, detail: { name, ...detail } })
}
