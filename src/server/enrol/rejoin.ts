import { createCertificateId } from '../../pki/holder.ts'
import type { NodeRecord } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import type { NodeCaller } from '../call.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { type Applicant, keysOf } from './applicant.ts'
import { pemOf } from './certificate.ts'
import { admitCopy } from './copy.ts'
import { type Enrolled, type Pending, placeOf, record } from './enrolled.ts'
import { limitsOf } from './limits.ts'
import { differencesOf } from './machine.ts'
import { checkKeys, factsOf } from './newcomer.ts'
import { findPlace, identityOf } from './places.ts'
import { planRejoin, type Rejoin } from './plan-rejoin.ts'
import type { Rejoining } from './rejoining.ts'
import { readSurroundings, type Surroundings } from './surroundings.ts'

/** A node that comes back by its certificate is the same one; a copy of it is dealt with as its site says. */
export async function rejoin(
  caller: NodeCaller,
  applicant: Applicant,
  server: Server,
): Promise<{ enrolled: Enrolled | Pending; around: Surroundings }> {
  checkKind(caller, applicant)
  const around = await server.store.read((reads) => readSurroundings(reads, server.profile()))
  const site = findPlace(around.profile, caller.node)
  const patience = limitsOf(server).changes.take(caller.node.id, applicant.at)
  const fresh = createCertificateId()
  const rejoining = { caller, applicant, site, around, fresh, patience }
  const enrolled = await server.store.write((tx) => comeBack(tx, rejoining))
  return { enrolled, around }
}

function checkKind({ kind, node }: NodeCaller, { role }: Applicant): void {
  if (kind === role) return
  throw new Refusal('certificate-refused', `this certificate is of a ${kind}, not of a ${role}`, {
    audit: { subject: node.id, site: node.site },
  })
}

async function comeBack(tx: Tx, rejoining: Rejoining): Promise<Enrolled | Pending> {
  const { caller, applicant } = rejoining
  const node = await livingNode(tx, caller)
  const differences = differencesOf(node.machine, applicant.request.identity)
  return differences.length > 0
    ? admitCopy(tx, { ...rejoining, original: node, differences })
    : update(tx, node, rejoining)
}

/** As it is in this transaction: since the certificate was looked at, the node may have been ended. */
async function livingNode(tx: Tx, { node, certificate }: NodeCaller): Promise<NodeRecord> {
  const now = await tx.nodes.byId(node.id)
  const audit = { subject: node.id, site: node.site }
  if (now?.state === 'revoked')
    throw new Refusal('node-revoked', 'this node was revoked', { audit })
  const ids = [now?.certificate, now?.previousCertificate]
  if (now !== undefined && now.freed === null && ids.includes(certificate.id)) return now
  throw new Refusal('certificate-revoked', 'this certificate was revoked', { audit })
}

async function update(tx: Tx, node: NodeRecord, rejoining: Rejoining): Promise<Enrolled> {
  const { caller, applicant, site, around, fresh, patience } = rejoining
  const slot = { role: node.role, number: node.slot ?? 0 }
  const { addresses } = identityOf(around.profile, site, slot)
  const plan = planRejoin(node, { applicant, certificate: caller.certificate, addresses, fresh })
  const { changed } = plan
  if (changed.length > 0 && patience > 0)
    throw new Refusal('too-many-requests', 'this node changed too often', {
      retryAfter: patience,
      audit: { subject: node.id, site: node.site },
    })
  if (changed.includes('key') || changed.includes('wireguard-key'))
    await checkKeys(tx, keysOf(applicant), { ...around, self: node.id })
  await tx.nodes.update(node.id, {
    ...plan.change,
    facts: factsOf(applicant),
    joined: applicant.at,
    refresh: null,
  })
  if (patience === 0) await tell(tx, { ...node, ...plan.change }, { applicant, changed })
  return {
    node: { ...node, ...plan.change },
    position: plan.concernsHubs ? await tx.feed.position() : await placeOf(tx, node),
    ...(plan.certificate === 'kept' && { pem: pemOf(caller.der) }),
    outcome: 'rejoined',
  }
}

function tell(
  tx: Tx,
  node: NodeRecord,
  { applicant, changed }: { applicant: Applicant; changed: Rejoin['changed'] },
): Promise<void> {
  const action = changed.includes('certificate') ? 'renew' : 'rejoin'
  return record(tx, applicant, { action, node, detail: { changed } })
}
