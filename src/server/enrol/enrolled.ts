import type { HostRecord, NodeRecord, Position } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import { Refusal } from '../refusal.ts'
import { auditEntry } from '../server.ts'
import type { Applicant } from './applicant.ts'
import { differencesOf } from './machine.ts'

/** A node as it is after its request, and where hubs hear of it. */
export interface Enrolled {
  readonly node: Pick<
    NodeRecord,
    'id' | 'role' | 'site' | 'class' | 'name' | 'slot' | 'addresses' | 'certificate' | 'state'
  >
  readonly position: Position
  /** The certificate itself, when it keeps the one that it has. */
  readonly pem?: string
  readonly outcome: 'joined' | 'repeated' | 'rejoined'
}

/** A machine that waits for an administrator. */
export interface Pending {
  readonly pending: Pick<NodeRecord, 'id' | 'site'>
}

export interface EnrolledHost {
  readonly host: Pick<HostRecord, 'id' | 'role' | 'name' | 'certificatePem'>
  readonly position: Position
}

/** The answer to a join may be lost on the way: asked for again within this time, it is given again. */
export const repeatMs = 10 * 60_000

/** Whether this very machine was made a node by this token a moment ago. */
export function isRepeat(
  node: NodeRecord,
  token: string | null,
  { request, at }: Applicant,
): boolean {
  if (node.token !== token || node.created < at - repeatMs || node.certificate === null)
    return false
  if (node.state === 'revoked')
    throw new Refusal('node-revoked', 'this node was revoked', { audit: { subject: node.id } })
  return differencesOf(node.machine, request.identity).length === 0
}

/** The answer to what was asked before: the node stays as it is, and its certificate is made out again. */
export async function repeat(tx: Tx, node: NodeRecord): Promise<Enrolled> {
  return { node, position: await placeOf(tx, node), outcome: 'repeated' }
}

/** Where hubs heard last of a node. */
export async function placeOf(
  tx: Tx,
  { generation }: Pick<NodeRecord, 'generation'>,
): Promise<Position> {
  const { epoch } = await tx.feed.position()
  return { epoch, generation }
}

interface Told {
  readonly action: string
  readonly node: Pick<NodeRecord, 'id' | 'name' | 'site' | 'class' | 'role' | 'token' | 'addresses'>
  readonly detail?: object
}

/** What a machine did, by which its addresses are found. */
export async function record(tx: Tx, { at, source }: Applicant, told: Told): Promise<void> {
  const { action, node, detail } = told
  const { id, name, site, role, token, addresses } = node
  await tx.audit.append(
    auditEntry({
      time: at,
      actor: name ?? `a machine of ${site}`,
      action,
      subject: id,
      source: source.address,
      addresses: [...addresses, source.address],
      detail: { name, site, class: node.class, role, token, port: source.port, ...detail },
    }),
  )
}
