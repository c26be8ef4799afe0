import type { NodeRecord } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import { Refusal } from '../refusal.ts'
import { keysOf } from './applicant.ts'
import { hold } from './by-source.ts'
import { type Enrolled, isRepeat, type Pending, record, repeat } from './enrolled.ts'
import { checkKeys, insertNode } from './newcomer.ts'
import type { Rejoining } from './rejoining.ts'

interface Copying extends Rejoining {
  readonly original: NodeRecord
  /** What of it is another machine's. */
  readonly differences: readonly string[]
}

/** What a machine gets that came with the identity of another one. It becomes no node with that one's keys. */
export async function admitCopy(tx: Tx, copying: Copying): Promise<Enrolled | Pending> {
  const { site, original, applicant, around } = copying
  if (site.clones === 'refuse') throw refused(copying)
  checkOwnKeys(copying)
  const known = await tx.nodes.byPublicKey(applicant.publicKey)
  const newcomer = {
    applicant,
    site,
    class: original.class,
    role: original.role,
    token: original.token,
    isProved: false,
  }
  if (known?.state === 'pending' || known?.certificate === null || site.clones === 'pending')
    return hold(tx, known, { newcomer, around, certificate: copying.fresh, copyOf: original.name })
  if (known !== undefined && isRepeat(known, original.token, applicant)) return repeat(tx, known)
  await checkKeys(tx, keysOf(applicant), around)
  const at = { certificate: copying.fresh, profile: around.profile }
  const node = await insertNode(tx, newcomer, at)
  const detail = { copyOf: original.name, differences: copying.differences }
  await record(tx, applicant, { action: 'join', node, detail })
  return { node, position: await tx.feed.position(), outcome: 'joined' }
}

function refused({ original, differences }: Copying): Refusal {
  const name = original.name ?? original.id
  const alive = differences.includes('boot id') ? ': two machines use it at once' : ''
  return new Refusal(
    'clone-refused',
    `the ${differences.join(' and the ')} is not that of "${name}", whose identity this is${alive}`,
    { audit: { subject: original.id, site: original.site, detail: { differences } } },
  )
}

/** All that the copy has was copied; it makes keys of its own when it hears this. */
function checkOwnKeys({ original, applicant }: Copying): void {
  const { publicKey, wireguard } = keysOf(applicant)
  if (publicKey !== original.publicKey && wireguard !== original.wireguardKey) return
  throw new Refusal('keys-copied', `the keys are those of "${original.name ?? original.id}"`, {
    audit: { subject: original.id, site: original.site },
  })
}
