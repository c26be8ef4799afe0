import { authorityOf } from '../../pki/holder.ts'
import { issueCertificate } from '../../pki/issue.ts'
import { toPem } from '../../pki/pem.ts'
import { parseDuration } from '../../profile/quantity.ts'
import type { Profile } from '../../profile/types.ts'
import type { HostRole, SlotRole } from '../../protocol/records.ts'
import type { Keys } from '../keys.ts'
import type { Applicant } from './applicant.ts'

interface Holder {
  readonly role: SlotRole | HostRole
  readonly name: string
  /** Which the store has already: the same one again for the same holder and key. */
  readonly certificate: string
  readonly site?: string
}

/** A certificate, in PEM. */
export async function makeCertificate(
  { role, name, certificate: id, site }: Holder,
  { spki, at }: Applicant,
  { keys, profile }: { keys: Keys; profile: Profile },
): Promise<string> {
  const { issuer } = keys.authorities[authorityOf[role]]
  const { certificate } = await issueCertificate(issuer, {
    id,
    role,
    name,
    publicKey: spki,
    now: new Date(at),
    lifeMs: lifeOf(profile, site),
    ...(site !== undefined && { site }),
  })
  return certificate
}

const hostLifeMs = parseDuration('5y') ?? 0

/** As the site says; hosts of the centre have none, and get what a site's nodes get by default. */
function lifeOf(profile: Profile, site: string | undefined): number {
  const says = site === undefined ? undefined : profile.sites.get(site)?.certificates
  return (says === undefined ? undefined : parseDuration(says)) ?? hostLifeMs
}

export function pemOf(der: Uint8Array): string {
  return toPem('CERTIFICATE', new Uint8Array(der).buffer)
}
