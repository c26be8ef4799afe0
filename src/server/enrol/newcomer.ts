import { randomUUID } from 'node:crypto'
import { identify, slotCount } from '../../profile/slots.ts'
import type { Profile, Site } from '../../profile/types.ts'
import type { HostRecord, NodeRecord, SlotRole } from '../../protocol/records.ts'
import type { Tx } from '../../store/tx.ts'
import { Refusal } from '../refusal.ts'
import type { Applicant } from './applicant.ts'
import { mergeMachine } from './machine.ts'

/** A machine that is to be a node, with what decides where. */
export interface Newcomer {
  readonly applicant: Applicant
  readonly site: Site
  readonly class: string | null
  readonly role: SlotRole
  readonly token: string | null
  /** Only this slot will do. */
  readonly slot?: number
  readonly isProved: boolean
}

type NewNode = Parameters<Tx['nodes']['insert']>[0]

/** The node in the lowest free slot of its site, joining. */
export async function insertNode(
  tx: Tx,
  newcomer: Newcomer,
  { certificate, profile }: { certificate: string; profile: Profile },
): Promise<NewNode> {
  const { site, role, applicant, slot } = newcomer
  const place = await takeSlot(tx, { profile, site, role, at: applicant.at, slot })
  const node = {
    ...unplaced(newcomer),
    ...place,
    state: 'joining',
    certificate,
    joined: applicant.at,
  } as const
  await tx.nodes.insert(node)
  return node
}

/** Without a slot, until an administrator lets it in. */
export async function insertPending(tx: Tx, newcomer: Newcomer): Promise<NewNode> {
  const node = { ...unplaced(newcomer), reported: newcomer.applicant.at }
  await tx.nodes.insert(node)
  return node
}

function unplaced({ applicant, site, role, token, isProved, ...newcomer }: Newcomer): NewNode {
  const { request, publicKey, at } = applicant
  return {
    id: randomUUID(),
    role,
    site: site.site,
    class: newcomer.class,
    name: null,
    slot: null,
    addresses: [],
    state: 'pending',
    certificate: null,
    previousCertificate: null,
    publicKey,
    wireguardKey: request.keys.wireguard,
    sshHostKeys: request.keys.sshHostKeys,
    changedSshHostKeys: null,
    machine: { ...mergeMachine(null, request.identity), isProved },
    token,
    created: at,
    joined: null,
    reported: null,
    report: null,
    refresh: null,
    facts: factsOf(applicant),
  }
}

export function factsOf({ request: { facts, version, platform } }: Applicant): object & {
  readonly [key: string]: unknown
} {
  return { ...facts, version, platform }
}

interface SlotWanted {
  readonly profile: Profile
  readonly site: Site
  readonly role: SlotRole
  readonly at: number
  readonly slot?: number | undefined
}

type Placed = Pick<NodeRecord, 'name' | 'addresses'> & { slot: number; name: string }

/** A free slot, with the name and the addresses that follow from it. */
export async function takeSlot(tx: Tx, wanted: SlotWanted): Promise<Placed> {
  const { profile, site, role, at, slot } = wanted
  const count = slotCount(site, role)
  const range = { site: site.site, role, count, at }
  const free = await tx.nodes.freeSlot({ ...range, ...(slot !== undefined && { wanted: slot }) })
  if ('refused' in free) throw noSlot(free.refused, { ...range, slot })
  const { name, addresses } = identify(profile, site, { kind: role, number: free.slot })
  return { slot: free.slot, name, addresses }
}

type NoSlot = 'full' | 'taken' | 'resting' | 'outside' | 'reseeding'

function noSlot(
  why: NoSlot,
  {
    site,
    role,
    count,
    slot,
  }: { site: string; role: SlotRole; count: number; slot?: number | undefined },
): Refusal {
  const audit = { site, detail: { why } }
  if (why === 'reseeding') {
    const detail = 'the store was restored, and hubs have yet to say which slots are in use'
    return new Refusal('server-busy', detail, { retryAfter: 10, audit })
  }
  const detail = {
    full: `all ${count} ${role} slots of site "${site}" are taken or at rest`,
    taken: `slot ${slot} of site "${site}" is taken`,
    resting: `slot ${slot} of site "${site}" is at rest since it was freed`,
    outside: `site "${site}" has ${count} ${role} slots, no slot ${slot}`,
  }[why]
  return new Refusal('slots-full', detail, { retryAfter: 60, audit })
}

/** Refuses keys that somebody else has who lives. */
export async function checkKeys(
  tx: Tx,
  { publicKey, wireguard }: { publicKey: string; wireguard: string },
  { hosts, self }: { hosts: readonly HostRecord[]; self?: string },
): Promise<void> {
  const isOther = (node: NodeRecord | undefined) => node !== undefined && node.id !== self
  if (
    isOther(await tx.nodes.byPublicKey(publicKey)) ||
    hosts.some((host) => host.publicKey === publicKey)
  )
    throw new Refusal('key-in-use', 'another machine has the same certificate key', {
      path: '/keys/csr',
    })
  if (
    isOther(await tx.nodes.byWireguardKey(wireguard)) ||
    hosts.some((host) => host.wireguardKey === wireguard)
  )
    throw new Refusal('key-in-use', 'another machine has the same WireGuard key', {
      path: '/keys/wireguard',
    })
}
