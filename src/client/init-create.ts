import { randomBytes } from 'node:crypto'
import { type Authority, createAuthority, type Role, roles } from '../pki/authority.ts'
import { createLinkSecret } from '../pki/link-key.ts'
import { createReleaseKey } from '../pki/release-key.ts'
import type { NewCentre } from './init-plan.ts'

/** All that a centre needs of keys and chance. */
export async function createCentre(centre: string): Promise<NewCentre> {
  const now = new Date()
  const made = roles.map(async (role) => [role, await createAuthority({ role, centre, now })])
  return {
    centre,
    ula: randomUla(),
    authorities: Object.fromEntries(await Promise.all(made)) as Record<Role, Authority>,
    releaseKey: createReleaseKey(),
    linkSecret: createLinkSecret(),
  }
}

/** RFC 4193: fd and 40 random bits. */
function randomUla(): string {
  const groups = `fd${randomBytes(5).toString('hex')}`.match(/.{4}/g) ?? []
  return groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
}
