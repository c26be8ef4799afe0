import { adminReads, adminWrites } from './admins.ts'
import { auditReads, auditWrites } from './audit.ts'
import type { Context } from './context.ts'
import { cursorReads, cursorWrites } from './cursors.ts'
import { feedReads } from './feed.ts'
import { hostReads, hostWrites } from './hosts.ts'
import { type Renewal, renewEpoch } from './lineage.ts'
import { nodeReads } from './node-reads.ts'
import { nodeWrites } from './node-writes.ts'
import { proofWrites } from './proofs.ts'
import { releaseReads, releaseWrites } from './releases.ts'
import { reseedNodes, type Seeded, type Seeding } from './reseed.ts'
import type { Sql } from './sql.ts'
import { tokenReads, tokenWrites } from './tokens.ts'

/** All that can be asked of the store, by subject. */
export type Reads = ReturnType<typeof makeReads>
/** All that can be asked and changed, in one transaction. */
export type Tx = ReturnType<typeof makeTx>

export function makeReads(connection: Sql) {
  return {
    admins: adminReads(connection),
    audit: auditReads(connection),
    cursors: cursorReads(connection),
    feed: feedReads(connection),
    hosts: hostReads(connection),
    nodes: nodeReads(connection),
    releases: releaseReads(connection),
    tokens: tokenReads(connection),
  }
}

export function makeTx(context: Context) {
  const reads = makeReads(context)
  return {
    admins: { ...reads.admins, ...adminWrites(context) },
    audit: { ...reads.audit, ...auditWrites(context) },
    cursors: { ...reads.cursors, ...cursorWrites(context) },
    feed: reads.feed,
    hosts: { ...reads.hosts, ...hostWrites(context) },
    nodes: { ...reads.nodes, ...nodeWrites(context) },
    proofs: proofWrites(context),
    releases: { ...reads.releases, ...releaseWrites(context) },
    tokens: { ...reads.tokens, ...tokenWrites(context) },

    /** For a store that turned out to be restored: closes the tokens from before, and waits for the hubs. */
    newEpoch: (renewal: Renewal): Promise<void> => renewEpoch(context, renewal),
    /** Takes in what a hub knows. A bounded number of nodes at a time; then `hosts.seeded`. */
    reseed: (seeding: Seeding): Promise<Seeded> => reseedNodes(context, seeding),
  }
}
