import type { NodeSummary } from '../../protocol/records.ts'
import { auditEntry, type Server } from '../server.ts'
import { portionsOf } from './portions.ts'

export interface HubRevocation {
  /** The hub, by name. */
  actor: string
  source: string | null
}

/** Revokes here what was revoked at a hub, with the server away perhaps; hubs say it again and again. */
export async function takeRevocations(
  server: Server,
  ids: readonly string[],
  by: HubRevocation,
): Promise<void> {
  for (const portion of portionsOf([...new Set(ids)])) await revokePortion(server, portion, by)
}

async function revokePortion(
  { store, now }: Server,
  ids: readonly string[],
  by: HubRevocation,
): Promise<void> {
  const known = await store.read(({ nodes }) => nodes.byIds(ids))
  if (!known.some(isToRevoke)) return
  await store.write(async ({ nodes, audit }) => {
    for (const node of (await nodes.byIds(ids)).filter(isToRevoke)) {
      await nodes.update(node.id, { state: 'revoked' })
      await audit.append(
        auditEntry({
          time: now(),
          actor: by.actor,
          action: 'node-revoke',
          subject: node.id,
          source: by.source,
          addresses: node.addresses,
          detail: { name: node.name, site: node.site, at: 'hub' },
        }),
      )
    }
  })
}

function isToRevoke({ state }: NodeSummary): boolean {
  return state !== 'revoked'
}
