import { parseDuration } from '../../profile/quantity.ts'
import type { Profile } from '../../profile/types.ts'
import type { NodeRecord, NodeState, Time } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import { auditEntry } from '../server.ts'

type Freed = Pick<NodeRecord, 'id' | 'name' | 'site' | 'role' | 'class' | 'state' | 'addresses'>

interface Freeing {
  readonly profile: Profile
  readonly state: NodeState
  readonly at: Time
  readonly told: Pick<Parameters<typeof auditEntry>[0], 'actor' | 'action'> & { source?: string }
}

/** Ends a node; its slot rests for the site's quarantine. Who was revoked stays so, also in the past tense. */
export async function endNode(tx: Tx, node: Freed, freeing: Freeing): Promise<boolean> {
  const { profile, at, told } = freeing
  const state = node.state === 'revoked' ? 'revoked' : freeing.state
  const restUntil = at + quarantineOf(profile, node.site)
  if (!(await tx.nodes.free(node.id, { state, at, restUntil }))) return false
  const { id, name, site, role, addresses, class: ofClass } = node
  await tx.audit.append(
    auditEntry({
      ...told,
      time: at,
      subject: id,
      addresses: [...addresses, ...(told.source === undefined ? [] : [told.source])],
      detail: { name, site, class: ofClass, role },
    }),
  )
  return true
}

/** A site that has left the profile has the default. */
export function quarantineOf(profile: Profile, site: string): number {
  return parseDuration(profile.sites.get(site)?.quarantine ?? '1h') ?? 0
}
