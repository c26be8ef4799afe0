import { randomUUID } from 'node:crypto'
import { isRenewalDue } from '../../pki/check-certificate.ts'
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

/** A hub or the host of a service, by a token for its name. Who has the name already must be revoked first. */
export async function joinHost(
  { token, around }: Admission,
  applicant: Applicant,
  server: Server,
): Promise<EnrolledHost> {
  const named = findName(around.profile, token)
  const fresh = await newCertificate(named, applicant, server)
  return server.store.write(async (tx) => {
    const known = await tx.hosts.byName(named.role, named.name)
    if (known !== undefined && isRepeat(known, token, applicant)) return again(tx, known)
    await countUse(tx, token, applicant)
    if (known !== undefined) throw taken(named)
    await checkKeys(tx, keysOf(applicant), { hosts: await livingHosts(tx) })
    const host = { ...newHost(named, applicant), ...fresh, token: token.id }
    await tx.hosts.insert(host)
    await record(tx, applicant, { action: 'join', host })
    return { host, position: await tx.feed.position() }
  })
}

function findName(profile: Profile, { role, name }: Pick<TokenRecord, 'role' | 'name'>): Named {
  const { hubs, services } = profile.centre
  const names = role === 'hub' ? hubs : services
  if (name === null || !Object.hasOwn(names, name))
    throw new Refusal('place-gone', `the centre has no ${role} "${name}" any more`)
  return { role: role as HostRole, name }
}

async function newCertificate({ role, name }: Named, applicant: Applicant, server: Server) {
  const certificate = createCertificateId()
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
  const fresh = needsNew(caller, applicant)
    ? await newCertificate(caller.host, applicant, server)
    : undefined
  return server.store.write(async (tx) => {
    const host = await livingHost(tx, caller)
    const change = changeOf(host, { caller, applicant, fresh })
    if (Object.keys(change).length === 0) return again(tx, host)
    await checkKeys(tx, keysOf(applicant), {
      hosts: (await livingHosts(tx)).filter(({ id }) => id !== host.id),
    })
    await tx.hosts.update(host.id, { ...change, facts: { ...host.facts, ...factsOf(applicant) } })
    await record(tx, applicant, {
      action: 'certificate' in change ? 'renew' : 'rejoin',
      host,
      changed: Object.keys(change),
    })
    return { host: { ...host, ...change }, position: await tx.feed.position() }
  })
}

/** Who shows the certificate before the newest has not got the answer with that one, which is kept for it. */
function needsNew({ host, certificate }: HostCaller, { publicKey, at }: Applicant): boolean {
  if (host.publicKey !== publicKey) return true
  return host.previousCertificate !== certificate.id && isRenewalDue(certificate, new Date(at))
}

async function livingHost(tx: Tx, { host, certificate }: HostCaller): Promise<HostRecord> {
  const now = await tx.hosts.byId(host.id)
  const ids = [now?.certificate, now?.previousCertificate]
  if (now !== undefined && now.revoked === null && ids.includes(certificate.id)) return now
  throw new Refusal('certificate-revoked', 'this certificate was revoked', {
    audit: { subject: host.id },
  })
}

type Change = Parameters<Tx['hosts']['update']>[1]

function changeOf(
  host: HostRecord,
  {
    caller,
    applicant,
    fresh,
  }: {
    caller: HostCaller
    applicant: Applicant
    fresh: { certificate: string; certificatePem: string } | undefined
  },
): Change {
  const { wireguard, sshHostKeys } = applicant.request.keys
  const isOvertaken = host.certificate !== caller.host.certificate
  return {
    ...(fresh &&
      !(isOvertaken && host.publicKey === applicant.publicKey) && {
        ...fresh,
        previousCertificate: caller.certificate.id,
        publicKey: applicant.publicKey,
      }),
    ...(wireguard !== host.wireguardKey && { wireguardKey: wireguard }),
    ...(sshHostKeys.join() !== host.sshHostKeys.join() && { sshHostKeys }),
  }
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
