import { randomBytes } from 'node:crypto'
import { createAuthority, type Role } from '../../src/pki/authority.ts'
import { createKey } from '../../src/pki/csr.ts'
import type { CertificateRole } from '../../src/pki/holder.ts'
import { authorityOf } from '../../src/pki/holder.ts'
import { issueCertificate, openAuthority } from '../../src/pki/issue.ts'
import { publicKeyOf } from '../../src/pki/public-key.ts'
import type { AdminRecord } from '../../src/protocol/records.ts'
import { makeHost, makeNode } from '../store/records.ts'
import type { TestServer } from './test-server.ts'

/** What a client shows of itself: a certificate and its key, in PEM. */
export interface Shown {
  cert: string
  key: string
  /** The certificate's id. */
  id: string
}

export interface Wanted {
  role: CertificateRole
  name?: string
  site?: string
  /** Made then, in milliseconds from now. */
  made?: number
  lifeMs?: number
  /** Instead of the centre's own authority of that kind. */
  authority?: Awaited<ReturnType<typeof createAuthority>>
}

const day = 24 * 3600 * 1000

/** A certificate that no store knows. */
export async function makeCertificate(
  { keys, server }: TestServer,
  wanted: Wanted,
): Promise<Shown> {
  const { role, name = role, site, made = 0, lifeMs = 30 * day } = wanted
  const authority = wanted.authority ?? keys.authorities[authorityOf[role]]
  const key = await createKey()
  const { certificate, id } = await issueCertificate(await openAuthority(authority), {
    role,
    name,
    publicKey: publicKeyOf(key),
    now: new Date(server.now() + made),
    lifeMs,
    ...(site !== undefined && { site }),
    ...(role === 'server' && { urls: ['https://127.0.0.1:8443'] }),
  })
  return { cert: certificate, key, id }
}

export function foreignAuthority(role: Role) {
  return createAuthority({ role, centre: 'example', now: new Date() })
}

/** Somebody whom the store knows by that certificate. */
export async function enter({ server }: TestServer, role: Rank, { id }: Shown): Promise<string> {
  const record = randomBytes(8).toString('hex')
  await server.store.write(async ({ nodes, hosts, admins }) => {
    if (role === 'node' || role === 'job') await nodes.insert(nodeOf(role, record, id))
    else if (role === 'hub' || role === 'service')
      await hosts.insert(makeHost({ id: record, role, name: `h${record}`, certificate: id }))
    else await admins.insert(adminOf(role, record, id))
  })
  return record
}

export type Rank = 'node' | 'job' | 'hub' | 'service' | AdminRecord['role']

function nodeOf(role: 'node' | 'job', id: string, certificate: string) {
  const alone = { slot: null, name: null, addresses: [], wireguardKey: id }
  return { ...makeNode({ id, role, certificate, state: 'ready' }), ...alone }
}

function adminOf(role: AdminRecord['role'], id: string, certificate: string) {
  return { id, name: `a${id}`, role, site: null, certificate, created: 1, createdBy: 'root' }
}

/** What a certificate of that rank says. */
export function subjectOf(rank: Rank): Pick<Wanted, 'role' | 'name' | 'site'> {
  if (rank === 'node') return { role: rank, name: 'aruba-1', site: 'aruba' }
  if (rank === 'job') return { role: rank, name: 'aruba-job-1', site: 'aruba' }
  if (rank === 'hub' || rank === 'service') return { role: rank, name: 'hub1' }
  return { role: 'admin', name: 'anna' }
}

/** A certificate of somebody whom the store knows. */
export async function makePerson(server: TestServer, rank: Rank): Promise<Shown> {
  const shown = await makeCertificate(server, subjectOf(rank))
  await enter(server, rank, shown)
  return shown
}
