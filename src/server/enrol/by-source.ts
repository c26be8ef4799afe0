import { createCertificateId } from '../../pki/holder.ts'
import type { Site } from '../../profile/types.ts'
import type { NodeRecord } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { type Applicant, keysOf } from './applicant.ts'
import { type Enrolled, type Pending, record, repeat, repeatMs } from './enrolled.ts'
import { differencesOf } from './machine.ts'
import { checkKeys, factsOf, insertPending, type Newcomer } from './newcomer.ts'
import { sitesAround } from './places.ts'
import { useProof } from './proof.ts'
import { checkLadder, readSurroundings, type Surroundings } from './surroundings.ts'

/** So many machines of a site wait at most; the rest ask again later. */
export const mostPending = 256

/** A machine without a token, of the one site that takes such machines from there. */
export async function joinBySource(
  applicant: Applicant,
  server: Server,
): Promise<{ enrolled: Enrolled | Pending; around: Surroundings }> {
  const around = await server.store.read((reads) => readSurroundings(reads, server.profile()))
  const site = siteAround(around, applicant)
  checkLadder(site, around, server)
  const certificate = createCertificateId()
  const enrolled = await server.store.write(async (tx) => {
    const known = await tx.nodes.byPublicKey(applicant.publicKey)
    const newcomer = { applicant, site, class: null, role: 'node', token: null } as const
    const isProved =
      known === undefined && (await useProof(tx, applicant, { site, profile: around.profile }))
    return hold(tx, known, { newcomer: { ...newcomer, isProved }, around, certificate })
  })
  return { enrolled, around }
}

/** Sources of sites do not overlap: a checked profile has one at most. */
function siteAround({ profile }: Surroundings, { request, source }: Applicant): Site {
  const { kind } = request
  if (kind !== 'machine') throw new Refusal('token-refused', `a ${kind} joins by a token`)
  const site = sitesAround(profile, source.address).find(({ enrol }) => enrol === 'source')
  if (site !== undefined) return site
  throw new Refusal('token-refused', `machines from "${source.address}" join by a token`)
}

interface Holding {
  readonly newcomer: Newcomer
  readonly around: Surroundings
  /** The id of the certificate, when it is let in. */
  readonly certificate: string
  /** Of what it is a copy. */
  readonly copyOf?: string | null
}

/** One that waits is kept waiting, one that was approved gets its certificate, and a new one begins to wait. */
export async function hold(
  tx: Tx,
  known: NodeRecord | undefined,
  holding: Holding,
): Promise<Enrolled | Pending> {
  if (known === undefined) return beginToWait(tx, holding)
  const { applicant } = holding.newcomer
  checkSame(known, holding.newcomer)
  if (known.state === 'pending') return waitOn(tx, known, applicant)
  if (known.certificate === null) return letIn(tx, known, holding)
  if ((known.joined ?? 0) >= applicant.at - repeatMs) return repeat(tx, known)
  throw new Refusal('certificate-refused', 'this machine has a certificate, and came without it', {
    audit: { subject: known.id, site: known.site },
  })
}

function checkSame(known: NodeRecord, { applicant, site, token, role }: Newcomer): void {
  const audit = { subject: known.id, site: known.site }
  if (known.state === 'revoked')
    throw new Refusal('node-revoked', 'this node was revoked', { audit })
  if (known.site !== site.site || known.token !== token || known.role !== role)
    throw new Refusal('key-in-use', 'another machine has the same certificate key', { audit })
  if (differencesOf(known.machine, applicant.request.identity).length > 0)
    throw new Refusal('keys-copied', 'the keys are those of another machine that joins', { audit })
}

async function beginToWait(tx: Tx, { newcomer, around, copyOf }: Holding): Promise<Pending> {
  const { site, applicant } = newcomer
  const waiting = await tx.nodes.list({ site: site.site, state: 'pending' })
  if (waiting.length >= mostPending)
    throw new Refusal('too-many-requests', `${mostPending} machines of site "${site.site}" wait`, {
      retryAfter: 600,
      audit: { site: site.site },
    })
  await checkKeys(tx, keysOf(applicant), around)
  const pending = await insertPending(tx, newcomer)
  const detail = { isProved: newcomer.isProved, ...(copyOf !== undefined && { copyOf }) }
  await record(tx, applicant, { action: 'wait', node: pending, detail })
  return { pending }
}

/** So often is it noted that a machine still waits. */
const notedMs = 3_600_000

async function waitOn(tx: Tx, known: NodeRecord, { at }: Applicant): Promise<Pending> {
  if ((known.reported ?? 0) < at - notedMs) await tx.nodes.update(known.id, { reported: at })
  return { pending: known }
}

async function letIn(tx: Tx, known: NodeRecord, holding: Holding): Promise<Enrolled> {
  const { around, certificate, newcomer } = holding
  const { applicant } = newcomer
  await checkKeys(tx, keysOf(applicant), { ...around, self: known.id })
  const change = {
    certificate,
    wireguardKey: applicant.request.keys.wireguard,
    sshHostKeys: applicant.request.keys.sshHostKeys,
    facts: factsOf(applicant),
    joined: applicant.at,
  }
  await tx.nodes.update(known.id, change)
  const node = { ...known, ...change }
  await record(tx, applicant, { action: 'join', node })
  return { node, position: await tx.feed.position(), outcome: 'joined' }
}
