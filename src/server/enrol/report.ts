import type { AnswerOf, RequestOf } from '../../protocol/endpoints.ts'
import { parsePosition, renderPosition } from '../../protocol/position.ts'
import type { NodeRecord, NodeState, Position } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import type { Call } from '../call.ts'
import { Refusal } from '../refusal.ts'
import { auditEntry, type Server } from '../server.ts'
import { callingNode } from './calling-node.ts'
import { limitsOf } from './limits.ts'

type Report = RequestOf<'report'>

/** Keeps what a node says of itself; the audit and the hubs hear only of what changed. */
export async function report(call: Call<'report'>, server: Server): Promise<AnswerOf<'report'>> {
  const { body } = call
  const { node: before } = callingNode(call)
  const at = server.now()
  if (isNews(before, body)) spendChange(before, server)
  return server.store.write(async (tx) => {
    const node = await tx.nodes.byId(before.id)
    if (node === undefined || node.freed !== null)
      throw new Refusal('certificate-revoked', 'this node is no more')
    await keep(tx, node, { ...call, at })
    return { time: at, position: nextPosition(node, body, await tx.feed.position()) }
  })
}

function spendChange({ id, site }: NodeRecord, server: Server): void {
  const retryAfter = limitsOf(server).changes.take(id, server.now())
  if (retryAfter === 0) return
  throw new Refusal('too-many-requests', 'this node changed too often', {
    retryAfter,
    audit: { subject: id, site },
  })
}

interface Reported extends Pick<Call<'report'>, 'body' | 'source'> {
  readonly at: number
}

async function keep(tx: Tx, node: NodeRecord, { body, source, at }: Reported): Promise<void> {
  const state = stateAfter(node.state, body.state)
  await tx.nodes.update(node.id, {
    reported: at,
    report: body,
    ...(state !== node.state && { state }),
  })
  if (!isNews(node, body)) return
  await tx.audit.append(
    auditEntry({
      time: at,
      actor: node.name ?? node.id,
      action: 'report',
      subject: node.id,
      source: source?.address ?? null,
      outcome: body.state,
      addresses: [...node.addresses, ...(source ? [source.address] : [])],
      detail: { name: node.name, site: node.site, rung: rungOf(body), problems: codesOf(body) },
    }),
  )
}

/** A node that was quarantined or revoked does not talk itself out of that. One that goes down has to join again. */
export function stateAfter(state: NodeState, reported: Report['state']): NodeState {
  if (state !== 'joining' && state !== 'ready' && state !== 'failed') return state
  return reported === 'down' ? 'joining' : reported
}

/** Whether a report says something else than the one before. */
export function isNews(
  { state, report }: Pick<NodeRecord, 'state' | 'report'>,
  now: Report,
): boolean {
  const before = report as Report | null
  return (
    stateAfter(state, now.state) !== state ||
    before === null ||
    before.state !== now.state ||
    rungOf(before) !== rungOf(now) ||
    codesOf(before).join() !== codesOf(now).join()
  )
}

function rungOf({ rung }: Report): string | null {
  return rung ?? null
}

function codesOf({ problems = [] }: Report): string[] {
  return problems.map(({ code }) => code).sort()
}

/**
 * Another position than the one that was reported says: join again. So it is when an administrator wishes it, and
 * after the store was restored. No configuration is of generation 0.
 */
export function nextPosition(
  { refresh }: Pick<NodeRecord, 'refresh'>,
  { position }: Pick<Report, 'position'>,
  now: Position,
): string {
  const reported = position === undefined ? undefined : parsePosition(position)
  if (refresh !== null) return renderPosition({ ...now, generation: 0 })
  return reported?.epoch === now.epoch ? renderPosition(reported) : renderPosition(now)
}
