import { DynfarmError } from '../errors.ts'
import type { Call, Handlers } from './call.ts'
import { auditEntry, type Server } from './server.ts'

export const reloadHandlers = {
  reload: async (call, server) => {
    await server.reload()
    await record(server, { actor: actorOf(call), source: call.source?.address ?? null })
    return { changed: [] }
  },
} satisfies Handlers

function actorOf({ caller }: Call<'reload'>): string {
  return 'actor' in caller ? caller.actor : caller.kind
}

/** For SIGHUP, where nobody waits for an answer: the log has it. */
export async function reloadOnSignal(server: Server): Promise<void> {
  try {
    await server.reload()
    server.log.info('the configuration was read again')
    await record(server, { actor: 'SIGHUP', source: null })
  } catch (error) {
    if (!(error instanceof DynfarmError)) throw error
    server.log.error(`the configuration in force stays: ${error.message}`)
  }
}

async function record(
  { store, now }: Server,
  by: { actor: string; source: string | null },
): Promise<void> {
  const addresses = by.source === null ? [] : [by.source]
  const entry = auditEntry({ time: now(), action: 'reload', ...by, addresses })
  await store.write((tx) => tx.audit.append(entry))
}
