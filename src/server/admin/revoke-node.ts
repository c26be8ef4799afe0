import type { NodeRecord } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import { Refusal } from '../refusal.ts'
import { type Doing, nodeEntry } from './act.ts'
import { labelOf } from './find-node.ts'

export type Verdict = 'revoked' | 'quarantined'

/** Shuts a living node out, wholly or but for ssh from the hub. False when it already is, or lives no more. */
export async function revokeNode(
  tx: Pick<Tx, 'nodes' | 'audit'>,
  node: NodeRecord,
  { verdict, ...doing }: Doing & { verdict: Verdict },
): Promise<boolean> {
  if (node.state === verdict) return false
  if (verdict === 'quarantined') checkQuarantine(node)
  if (!(await tx.nodes.update(node.id, { state: verdict }))) return false
  const action = verdict === 'revoked' ? 'node-revoke' : 'node-quarantine'
  await tx.audit.append(nodeEntry(doing, node, { action, detail: { was: node.state } }))
  return true
}

/** What was revoked stays so, and who was never let in has no ssh to be left. */
function checkQuarantine(node: NodeRecord): void {
  if (node.state !== 'revoked' && node.slot !== null) return
  const why = node.state === 'revoked' ? 'was revoked, which is not taken back' : 'was never let in'
  throw new Refusal('request-unfit', `"${labelOf(node)}" ${why}`, { path: '/quarantine' })
}
