import type { AuditRecord, Position } from '../../../src/protocol/records.ts'
import type { TestServer } from '../test-server.ts'

/** What a test asks a server's store behind its back. */

export function positionOf({ server: { store } }: TestServer): Promise<Position> {
  return store.read(({ feed }) => feed.position())
}

export function auditOf({ server: { store } }: TestServer, action: string): Promise<AuditRecord[]> {
  return store.read((reads) => reads.audit.list({ action, limit: 100 }))
}
