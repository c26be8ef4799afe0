import { createCertificateId } from '../../pki/holder.ts'
import { parseToken, type Token } from '../../pki/token.ts'
import type { Site } from '../../profile/types.ts'
import type { TokenRecord } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { type Applicant, keysOf } from './applicant.ts'
import { type Enrolled, isRepeat, record, repeat } from './enrolled.ts'
import { limitsOf, sourceKey } from './limits.ts'
import { checkKeys, insertNode } from './newcomer.ts'
import { checkSource, findPlace } from './places.ts'
import { useProof } from './proof.ts'
import { checkLadder, readSurroundings, type Surroundings } from './surroundings.ts'
import { endOf, type Fault, knowsSecret, misuseOf } from './token.ts'

export interface Admission {
  readonly token: TokenRecord
  readonly around: Surroundings
}

/** The token, when the machine knows its secret and may use it. */
export async function admitToken(applicant: Applicant, server: Server): Promise<Admission> {
  const { request, source } = applicant
  const presented = parseToken(request.token ?? '')
  const { token, around } = await server.store.read(async (reads) => ({
    token: await reads.tokens.byId(presented.id),
    around: await readSurroundings(reads, server.profile()),
  }))
  if (!knowsSecret(presented, token)) throw refuseSecret(presented, applicant, server)
  const misuse = misuseOf(token, { kind: request.kind, address: source.address })
  if (misuse !== undefined) throw refuse(misuse, token)
  return { token, around }
}

function refuseSecret({ id }: Token, { source, at }: Applicant, server: Server): Refusal {
  const audit = { detail: { token: id } }
  const retryAfter = limitsOf(server).wrongSecrets.take(sourceKey(source.address), at)
  return retryAfter > 0
    ? new Refusal('too-many-requests', 'too many wrong tokens came from there', {
        retryAfter,
        audit,
      })
    : new Refusal('token-refused', 'this token is not known here', { audit })
}

function refuse({ code, detail }: Fault, token: TokenRecord): Refusal {
  const { id, site } = token
  return new Refusal(code, detail, {
    ...(code === 'token-closed' && { retryAfter: 600 }),
    audit: { ...(site !== null && { site }), detail: { token: id } },
  })
}

interface Joining extends Admission {
  readonly site: Site
  readonly certificate: string
}

/** A new node by its token; or the one that this token and key made just before. */
export async function joinByToken(
  { token, around }: Admission,
  applicant: Applicant,
  server: Server,
): Promise<Enrolled> {
  const role = token.role === 'job' ? 'job' : 'node'
  const site = findPlace(around.profile, { site: token.site ?? '', class: token.class, role })
  checkSource(around.profile, site, applicant.source.address)
  checkLadder(site, around, server)
  const joining = { token, site, around, certificate: createCertificateId() }
  return server.store.write((tx) => join(tx, applicant, joining))
}

async function join(tx: Tx, applicant: Applicant, joining: Joining): Promise<Enrolled> {
  const { token, site, around, certificate } = joining
  const known = await tx.nodes.byPublicKey(applicant.publicKey)
  if (known !== undefined && isRepeat(known, token.id, applicant)) return repeat(tx, known)
  await countUse(tx, token, applicant)
  await checkKeys(tx, keysOf(applicant), around)
  const isProved = await useProof(tx, applicant, { site, profile: around.profile })
  const newcomer = {
    applicant,
    site,
    class: token.class,
    role: applicant.role,
    token: token.id,
    ...(token.slot !== null && { slot: token.slot }),
    isProved,
  }
  const node = await insertNode(tx, newcomer, { certificate, profile: around.profile })
  await record(tx, applicant, { action: 'join', node, detail: { isProved } })
  return { node, position: await tx.feed.position(), outcome: 'joined' }
}

/** Takes one use of a token, or says why there is none. */
export async function countUse(
  tx: Tx,
  token: TokenRecord,
  { request, source, at }: Applicant,
): Promise<void> {
  if (token.expires > at && (await tx.tokens.countUse(token.id))) return
  const now = (await tx.tokens.byId(token.id)) ?? token
  const fault = misuseOf(now, { kind: request.kind, address: source.address }) ?? endOf(now, at)
  if (fault === undefined) throw new Error('a token without fault had no use left')
  throw refuse(fault, now)
}
