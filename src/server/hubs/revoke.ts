import type { HostRecord } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import { Refusal } from '../refusal.ts'
import { auditEntry } from '../server.ts'

export interface HostRevocation {
  /** The name or the id of a hub or a service host. */
  host: string
  at: number
  actor: string
  source: string | null
}

/**
 * Shuts a hub or a service host out: its certificate counts no more, also on connections that are open, and the
 * other hubs are told. Gives the host; undefined when there is none that was not revoked before.
 */
export async function revokeHost(
  tx: Tx,
  { host: wanted, at, actor, source }: HostRevocation,
): Promise<HostRecord | undefined> {
  const host = await findHost(tx, wanted)
  if (host === undefined || !(await tx.hosts.revoke(host.id, at))) return undefined
  await tx.audit.append(
    auditEntry({
      time: at,
      actor,
      action: 'host-revoke',
      subject: host.id,
      source,
      detail: { role: host.role, name: host.name },
    }),
  )
  return host
}

async function findHost({ hosts }: Tx, wanted: string): Promise<HostRecord | undefined> {
  const hub = await hosts.byName('hub', wanted)
  const service = await hosts.byName('service', wanted)
  if (hub !== undefined && service !== undefined)
    throw new Refusal('not-found', `"${wanted}" is a hub and a service: name the id of one`)
  return hub ?? service ?? (await hosts.byId(wanted))
}
