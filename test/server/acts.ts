import type { AuditRecord } from '../../src/protocol/records.ts'
import type { Store } from '../../src/store/store.ts'

/** What was done, in order: the audit without what was refused, which is written when there is time. */
export async function listActs(store: Store): Promise<AuditRecord[]> {
  const lines = await store.read(({ audit }) => audit.list({ limit: 1000 }))
  return lines.filter(({ action }) => action !== 'refusal')
}
