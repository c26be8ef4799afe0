import { type Authority, createAuthority, type Role, roles } from '../../src/pki/authority.ts'
import { createKey } from '../../src/pki/csr.ts'
import { authorityOf, type CertificateRole } from '../../src/pki/holder.ts'
import {
  type CertificateWanted,
  type Issued,
  issueCertificate,
  openAuthority,
} from '../../src/pki/issue.ts'
import { publicKeyOf } from '../../src/pki/public-key.ts'

export const day = 24 * 3600 * 1000

export type Authorities = Record<Role, Authority>

export async function createAuthorities(now: Date, centre = 'example'): Promise<Authorities> {
  const made = roles.map(async (role) => [role, await createAuthority({ role, centre, now })])
  return Object.fromEntries(await Promise.all(made)) as Authorities
}

/** One of each. */
export const holders = {
  server: { role: 'server', name: 'server', urls: ['https://127.0.0.1:8443'] },
  hub: { role: 'hub', name: 'hub1' },
  service: { role: 'service', name: 'ce' },
  node: { role: 'node', name: 'aruba-7', site: 'aruba' },
  job: { role: 'job', name: 'hpc-job-3', site: 'hpc' },
  admin: { role: 'admin', name: 'anna' },
} as const satisfies Record<CertificateRole, Partial<CertificateWanted>>

export const certificateRoles = Object.keys(holders) as CertificateRole[]

export interface Person extends Issued {
  role: CertificateRole
  key: string
  der: Buffer
}

type Wanted = Partial<CertificateWanted> & { role: CertificateRole; now: Date }

export async function createPerson(authorities: Authorities, wanted: Wanted): Promise<Person> {
  const key = await createKey()
  const issuer = await openAuthority(authorities[authorityOf[wanted.role]])
  const issued = await issueCertificate(issuer, {
    ...holders[wanted.role],
    lifeMs: 30 * day,
    publicKey: publicKeyOf(key),
    ...wanted,
  })
  return { ...issued, role: wanted.role, key, der: derOf(issued.certificate) }
}

/** One of each role. */
export async function createPeople(
  authorities: Authorities,
  now: Date,
): Promise<Record<CertificateRole, Person>> {
  const made = certificateRoles.map(async (role) => [
    role,
    await createPerson(authorities, { role, now }),
  ])
  return Object.fromEntries(await Promise.all(made))
}

export function derOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64')
}
