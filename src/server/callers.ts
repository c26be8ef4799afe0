import {
  type Certificate,
  type CertificateRefusal,
  checkCertificate,
} from '../pki/check-certificate.ts'
import type { CertificateRole } from '../pki/holder.ts'
import type { ProblemCode } from '../protocol/problems.ts'
import type { AdminRecord, HostRecord, NodeRecord } from '../protocol/records.ts'
import type { Authority } from './authorise.ts'
import type { Caller, HostCaller, NodeCaller, Person } from './call.ts'
import { Refusal } from './refusal.ts'
import type { Server } from './server.ts'

/** The roles of callers that an endpoint knows, by the one authority each is issued by. */
const rolesOf: Readonly<Record<Authority, readonly CertificateRole[]>> = {
  hub: ['hub', 'service'],
  node: ['node', 'job'],
  admin: ['admin'],
}

/**
 * Who holds this certificate, in DER. Everything is allowed to its id, which the store must know: a certificate
 * that an authority signed and the store does not have counts as revoked.
 */
export async function identifyCaller(
  der: Uint8Array,
  authorities: readonly Authority[],
  server: Server,
): Promise<Caller> {
  const certificate = checkAgainst(der, authorities, server)
  switch (certificate.role) {
    case 'node':
    case 'job':
      return { ...(await identifyNode(certificate, server)), der }
    case 'hub':
    case 'service':
      return { ...(await identifyHost(certificate, server)), der }
    default:
      return identifyPerson(certificate, server)
  }
}

/** Each verifier trusts one authority; an endpoint with callers of two kinds has two verifiers. */
function checkAgainst(
  der: Uint8Array,
  authorities: readonly Authority[],
  { keys, now }: Server,
): Certificate {
  let refused: CertificateRefusal = 'other-authority'
  for (const role of authorities) {
    const checked = checkCertificate(der, {
      authority: keys.authorities[role].certificate,
      roles: rolesOf[role],
      now: new Date(now()),
    })
    if ('value' in checked) return checked.value
    if (checked.refused !== 'other-authority') refused = checked.refused
  }
  throw new Refusal(problemOf[refused], sentenceOf[refused])
}

const problemOf: Readonly<Record<CertificateRefusal, ProblemCode>> = {
  malformed: 'certificate-refused',
  'other-authority': 'certificate-refused',
  'wrong-role': 'certificate-refused',
  'not-yet-valid': 'certificate-early',
  expired: 'certificate-expired',
}

const sentenceOf: Readonly<Record<CertificateRefusal, string>> = {
  malformed: 'the client certificate cannot be read',
  'other-authority': 'the client certificate is not of an authority that counts here',
  'wrong-role': 'the client certificate is for another role',
  'not-yet-valid': 'the client certificate is not valid yet',
  expired: 'the client certificate has expired',
}

async function identifyNode(
  certificate: Certificate & { role: CertificateRole },
  server: Server,
): Promise<Omit<NodeCaller, 'der'>> {
  const node = await server.store.read(({ nodes }) => nodes.byCertificate(certificate.id))
  if (node === undefined) throw revoked()
  if (node.state === 'revoked')
    throw new Refusal('node-revoked', 'this node was revoked', { audit: { subject: node.id } })
  if (node.freed !== null) throw revoked(node.id)
  await retirePrevious(node, certificate, () =>
    server.store.write(({ nodes }) => nodes.update(node.id, { previousCertificate: null })),
  )
  return { kind: node.role, certificate, node }
}

async function identifyHost(
  certificate: Certificate,
  server: Server,
): Promise<Omit<HostCaller, 'der'>> {
  const host = await server.store.read(({ hosts }) => hosts.byCertificate(certificate.id))
  if (host === undefined || host.revoked !== null) throw revoked(host?.id)
  await retirePrevious(host, certificate, () =>
    server.store.write(({ hosts }) => hosts.update(host.id, { previousCertificate: null })),
  )
  return { kind: host.role, certificate, host }
}

async function identifyPerson(certificate: Certificate, server: Server): Promise<Person> {
  const admin = await server.store.read(({ admins }) => admins.byCertificate(certificate.id))
  if (admin === undefined || admin.revoked !== null) throw revoked(admin?.id)
  return personOf(admin)
}

function personOf({ role, name, site }: AdminRecord): Person {
  return { kind: role, actor: name, site }
}

/** A certificate dies at the first use of the one that replaced it. */
async function retirePrevious(
  record: Pick<NodeRecord | HostRecord, 'certificate' | 'previousCertificate'>,
  { id }: Certificate,
  retire: () => Promise<unknown>,
): Promise<void> {
  if (record.previousCertificate !== null && record.certificate === id) await retire()
}

function revoked(subject?: string): Refusal {
  return new Refusal('certificate-revoked', 'this certificate was revoked', {
    ...(subject !== undefined && { audit: { subject } }),
  })
}
