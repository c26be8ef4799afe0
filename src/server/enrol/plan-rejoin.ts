import { type Certificate, isRenewalDue } from '../../pki/check-certificate.ts'
import type { NodeRecord } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import type { Applicant } from './applicant.ts'
import { mergeMachine } from './machine.ts'

export interface Returning {
  readonly applicant: Applicant
  /** By which it showed who it is. */
  readonly certificate: Certificate
  /** What its slot has in the profile now. */
  readonly addresses: readonly string[]
  /** For a certificate, should there have to be a new one. */
  readonly fresh: string
}

type Change = Parameters<Tx['nodes']['update']>[1]
type Changed = 'key' | 'certificate' | 'wireguard-key' | 'host-keys' | 'addresses'

export interface Rejoin {
  /** Only what is otherwise now. */
  readonly change: Change
  /** Whether hubs have to hear of it. */
  readonly concernsHubs: boolean
  /** What the audit tells. */
  readonly changed: readonly Changed[]
  /** kept: the one that was shown; again: one with the id of the newest; new: another id. */
  readonly certificate: 'kept' | 'again' | 'new'
}

/** What becomes otherwise when a node comes back. The holder of its key may change each of its keys, that one too. */
export function planRejoin(node: NodeRecord, returning: Returning): Rejoin {
  const { request } = returning.applicant
  const certificate = certificateFor(node, returning)
  const forHubs = {
    ...(certificate === 'new' && renewed(returning)),
    ...(request.keys.wireguard !== node.wireguardKey && { wireguardKey: request.keys.wireguard }),
    ...(!equal(returning.addresses, node.addresses) && { addresses: returning.addresses }),
    ...firstHostKeys(node, request.keys.sshHostKeys),
  }
  const change: Change = {
    ...forHubs,
    ...otherHostKeys(node, request.keys.sshHostKeys),
    machine: mergeMachine(node.machine, request.identity),
  }
  return {
    change,
    concernsHubs: Object.keys(forHubs).length > 0,
    changed: namesOf(change, node),
    certificate,
  }
}

/** Who shows the one before has not got the answer with the newest, so it is made out again. */
function certificateFor(node: NodeRecord, returning: Returning): Rejoin['certificate'] {
  const { applicant, certificate } = returning
  if (applicant.publicKey !== node.publicKey) return 'new'
  if (certificate.id === node.previousCertificate) return 'again'
  return isRenewalDue(certificate, new Date(applicant.at)) ? 'new' : 'kept'
}

/** The one that was shown lives until the new one is used. */
function renewed({ applicant, certificate, fresh }: Returning): Change {
  return {
    certificate: fresh,
    previousCertificate: certificate.id,
    publicKey: applicant.publicKey,
  }
}

/** The first host keys of a machine are accepted as they come. */
function firstHostKeys(node: NodeRecord, given: readonly string[]): Change {
  return node.sshHostKeys.length === 0 && given.length > 0 ? { sshHostKeys: given } : {}
}

/** Keys beside the accepted ones wait for an administrator, until the machine has only accepted ones again. */
function otherHostKeys(
  { sshHostKeys: accepted, changedSshHostKeys: before }: NodeRecord,
  given: readonly string[],
): Change {
  if (accepted.length === 0 || given.length === 0) return {}
  const others = given.every((key) => accepted.includes(key)) ? null : given
  return equal(others, before) ? {} : { changedSshHostKeys: others }
}

function namesOf(change: Change, node: NodeRecord): Changed[] {
  const names: Changed[] = []
  if (change.publicKey !== undefined && change.publicKey !== node.publicKey) names.push('key')
  if (change.certificate !== undefined) names.push('certificate')
  if (change.wireguardKey !== undefined) names.push('wireguard-key')
  if (change.sshHostKeys !== undefined || change.changedSshHostKeys !== undefined)
    names.push('host-keys')
  if (change.addresses !== undefined) names.push('addresses')
  return names
}

function equal(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
