import { randomUUID } from 'node:crypto'
import { isRenewalDue, readPem } from '../../pki/check-certificate.ts'
import { createCertificateId } from '../../pki/holder.ts'
import type { Profile } from '../../profile/types.ts'
import type { HostRecord, HostRole, TokenRecord } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import type { HostCaller } from '../call.ts'
import { Refusal } from '../refusal.ts'
import { auditEntry, type Server } from '../server.ts'
import { type Applicant, keysOf } from './applicant.ts'
import { type Admission, countUse } from './by-token.ts'
import { makeCertificate } from './certificate.ts'
import { type EnrolledHost, repeatMs } from './enrolled.ts'
import { checkKeys, factsOf } from './newcomer.ts'

type Named = Pick<HostRecord, 'role' | 'name'>

/**
 * A hub or the host of a service, by a token for its name. Who has the name already must be revoked first, unless it has
 * the same key: then it is that very host, whose certificate ended while it was off.
 */
export async function joinHost(
  { token, around }: Admission,
  applicant: Applicant,
  server: Server,
): Promise<EnrolledHost> {
  const named = findName(around.profile, token)
  const known = await server.store.read(({ hosts }) => hosts.byName(named.role, named.name))
  const isSelf = known?.publicKey === applicant.publicKey
  const asking = { applicant, server }
  const fresh = isSelf
    ? await freshFor(known, asking)
    : await makeFresh(named, createCertificateId(), asking)
  return server.store.write(async (tx) => {
    const there = await tx.hosts.byName(named.role, named.name)
    if (there !== undefined && isRepeat(there, token, applicant)) return again(tx, there)
    await countUse(tx, token, applicant)
    if (there === undefined && !isSelf && fresh !== undefined)
      return insert(tx, { ...newHost(named, applicant), ...fresh, token: token.id }, applicant)
    if (there?.publicKey !== applicant.publicKey) throw taken(named)
    return change(tx, there, { applicant, fresh, shown: there.certificate })
  })
}

async function insert(
  tx: Tx,
  host: Parameters<Tx['hosts']['insert']>[0],
  applicant: Applicant,
): Promise<EnrolledHost> {
  await checkKeys(tx, keysOf(applicant), { hosts: await livingHosts(tx) })
  await tx.hosts.insert(host)
  await record(tx, applicant, { action: 'join', host })
  return { host, position: await tx.feed.position() }
}

function findName(profile: Profile, { role, name }: Pick<TokenRecord, 'role' | 'name'>): Named {
  const { hubs, services } = profile.centre
  const names = role === 'hub' ? hubs : services
  if (name === null || !Object.hasOwn(names, name))
    throw new Refusal('place-gone', `the centre has no ${role} "${name}" any more`)
  return { role: role as HostRole, name }
}

interface Asking {
  readonly applicant: Applicant
  readonly server: Server
}

type Fresh = Pick<HostRecord, 'certificate' | 'certificatePem'>

async function makeFresh(
  { role, name }: Named,
  certificate: string,
  { applicant, server }: Asking,
): Promise<Fresh> {
  const holder = { role, name, certificate }
  const context = { keys: server.keys, profile: server.profile() }
  return { certificate, certificatePem: await makeCertificate(holder, applicant, context) }
}

/** The answer was lost, and is asked for again. */
function isRepeat(host: HostRecord, { id }: TokenRecord, { publicKey, at }: Applicant): boolean {
  return host.token === id && host.publicKey === publicKey && host.created >= at - repeatMs
}

async function again(tx: Tx, host: HostRecord): Promise<EnrolledHost> {
  return { host, position: await tx.feed.position() }
}

function taken({ role, name }: Named): Refusal {
  return new Refusal('name-taken', `there is a ${role} "${name}"; revoke it before another joins`)
}

async function livingHosts(tx: Tx): Promise<HostRecord[]> {
  return (await tx.hosts.list()).filter(({ revoked }) => revoked === null)
}

function newHost(named: Named, applicant: Applicant) {
  const { keys } = applicant.request
  return {
    ...named,
    id: randomUUID(),
    previousCertificate: null,
    publicKey: applicant.publicKey,
    wireguardKey: keys.wireguard,
    sshHostKeys: keys.sshHostKeys,
    facts: factsOf(applicant),
    created: applicant.at,
  }
}

/** A host that comes back by its certificate. Hubs hear of it only when something of it changed. */
export async function rejoinHost(
  caller: HostCaller,
  applicant: Applicant,
  server: Server,
): Promise<EnrolledHost> {
  findName(server.profile(), caller.host)
  const fresh = await freshFor(caller.host, { applicant, server })
  return server.store.write(async (tx) => {
    const host = await livingHost(tx, caller)
    return change(tx, host, { applicant, fresh, shown: caller.certificate.id })
  })
}

/**
 * Another key wants another id. With the same one the id stays, by which nodes and servers know this host: so its
 * certificate changes under nobody's feet, and the one before is good to its end.
 */
async function freshFor(host: HostRecord, asking: Asking): Promise<Fresh | undefined> {
  const { publicKey, at } = asking.applicant
  if (host.publicKey !== publicKey) return makeFresh(host, createCertificateId(), asking)
  const current = readPem(host.certificatePem)
  if (!isRenewalDue(current, new Date(at))) return undefined
  const fresh = await makeFresh(host, host.certificate, asking)
  // With an authority that is near its own end there is nothing to be gained.
  return readPem(fresh.certificatePem).expires > current.expires ? fresh : undefined
}

async function livingHost(tx: Tx, { host, certificate }: HostCaller): Promise<HostRecord> {
  const now = await tx.hosts.byId(host.id)
  const ids = [now?.certificate, now?.previousCertificate]
  if (now !== undefined && now.revoked === null && ids.includes(certificate.id)) return now
  throw revoked(host.id)
}

function revoked(subject: string): Refusal {
  return new Refusal('certificate-revoked', 'this certificate was revoked', { audit: { subject } })
}

interface Returning {
  readonly applicant: Applicant
  readonly fresh: Fresh | undefined
  /** The id of the certificate by which it came. */
  readonly shown: string
}

async function change(tx: Tx, host: HostRecord, returning: Returning): Promise<EnrolledHost> {
  const { applicant } = returning
  const changed = changeOf(host, returning)
  if (Object.keys(changed).length === 0) return again(tx, host)
  const others = (await livingHosts(tx)).filter(({ id }) => id !== host.id)
  await checkKeys(tx, keysOf(applicant), { hosts: others })
  await tx.hosts.update(host.id, { ...changed, facts: { ...host.facts, ...factsOf(applicant) } })
  await record(tx, applicant, {
    action: 'certificatePem' in changed ? 'renew' : 'rejoin',
    host,
    changed: Object.keys(changed),
  })
  return { host: { ...host, ...changed }, position: await tx.feed.position() }
}

type Change = Parameters<Tx['hosts']['update']>[1]

/** A hub that enrolled by itself says nothing of ssh. */
function changeOf(host: HostRecord, { applicant, ...returning }: Returning): Change {
  const { wireguard, sshHostKeys } = applicant.request.keys
  const isOther = sshHostKeys.length > 0 && sshHostKeys.join() !== host.sshHostKeys.join()
  return {
    ...certificateOf(host, { applicant, ...returning }),
    ...(wireguard !== host.wireguardKey && { wireguardKey: wireguard }),
    ...(isOther && { sshHostKeys }),
  }
}

/** Nothing for who was overtaken by itself: it gets what is there by now. */
function certificateOf(host: HostRecord, { applicant, fresh, shown }: Returning): Change {
  if (fresh === undefined) return {}
  if (fresh.certificate === host.certificate) return { certificatePem: fresh.certificatePem }
  const { publicKey } = applicant
  return publicKey === host.publicKey ? {} : { ...fresh, previousCertificate: shown, publicKey }
}

interface Told {
  readonly action: string
  readonly host: Pick<HostRecord, 'id' | 'role' | 'name' | 'token'>
  readonly changed?: readonly string[]
}

async function record(tx: Tx, { at, source }: Applicant, { action, host, changed }: Told) {
  const { id, role, name, token } = host
  await tx.audit.append(
    auditEntry({
      time: at,
      actor: name,
      action,
      subject: id,
      source: source.address,
      addresses: [source.address],
      detail: { role, name, token, port: source.port, ...(changed && { changed }) },
    }),
  )
}
