import { checkEc2, type Ec2Refusal } from '../../pki/ec2.ts'
import { contentOf } from '../../profile/lookup.ts'
import { parseDuration } from '../../profile/quantity.ts'
import type { Profile, Site } from '../../profile/types.ts'
import type { Tx } from '../../store/tx.ts'
import { Refusal } from '../refusal.ts'
import type { Applicant } from './applicant.ts'

/**
 * Whether a cloud signed for the machine. Where the site asks for that, a machine without is refused, and each
 * proof counts once. Jobs are not asked: many of them run on one machine.
 */
export async function useProof(
  tx: Tx,
  applicant: Applicant,
  { site, profile }: { site: Site; profile: Profile },
): Promise<boolean> {
  const wanted = site.identity?.ec2
  if (wanted === undefined || applicant.role === 'job') return false
  const { proof, instanceId } = applicant.request.identity
  if (proof === undefined)
    throw refuse(site, 'this site asks for an identity document, and there is none')
  const maxAgeMs = parseDuration(wanted['max-age']) ?? 0
  const checked = checkEc2(proof, {
    certificates: Buffer.from(contentOf(profile, wanted.certificate)).toString('utf8'),
    accounts: wanted.accounts,
    regions: wanted.regions,
    instanceId: instanceId ?? '',
    now: applicant.at,
    maxAgeMs,
  })
  if ('refused' in checked) throw refuse(site, sentences[checked.refused])
  const { started } = checked.value
  const once = `ec2 ${instanceId} ${started}`
  if (await tx.proofs.useOnce(once, { at: applicant.at, expires: started + maxAgeMs })) return true
  throw refuse(site, 'this identity document was used before')
}

const sentences: Readonly<Record<Ec2Refusal, string>> = {
  'wrong-signature': 'the identity document is not signed by what the site trusts',
  malformed: 'the identity document cannot be read',
  'other-account': 'the identity document is of an account that the site does not take',
  'other-region': 'the identity document is of a region that the site does not take',
  'other-instance': 'the identity document is of another instance',
  'too-old': 'the instance was started too long ago: stop and start it, or raise "max-age"',
  'not-yet-valid': 'the instance was started in the future: a clock is wrong',
}

function refuse({ site }: Site, detail: string): Refusal {
  return new Refusal('identity-refused', detail, { path: '/identity/proof', audit: { site } })
}
