import { canonicalAddress, familyOf } from '../address.ts'
import type { FeedNode, Known } from './known.ts'
import type { HubNode } from './network/state.ts'

/** A node that has its way in. */
export interface LiveNode extends HubNode {
  name: string
  /** The ids of its certificates: the newer one, and the one before until the newer is first used. */
  certificates: readonly string[]
  wireguardKey: string | undefined
}

export interface Roster {
  nodes: readonly LiveNode[]
  /** Why others who should live have no way in. */
  quarrels: string[]
}

/** Who has a way in. Of two who claim one address or key, the one made later has it, as the server decides too. */
export function rosterOf(known: Known): Roster {
  const taken = new Set(reservedOf(known))
  const nodes: LiveNode[] = []
  const quarrels: string[] = []
  const latestFirst = [...known.nodes.values()]
    .filter((node) => isLive(node, known))
    .sort((a, b) => b.created - a.created || (a.id < b.id ? -1 : 1))
  for (const node of latestFirst.map(liveNode)) {
    const claims = claimsOf(node)
    const fault = faultOf(node) ?? claims.find((claim) => taken.has(claim))
    if (fault !== undefined) quarrels.push(`node "${node.name}" is left out: ${fault}`)
    else nodes.push(node)
    for (const claim of fault === undefined ? claims : []) taken.add(claim)
  }
  return { nodes, quarrels }
}

/** What a node would have, if nobody else claims it. */
export function wayIn(node: FeedNode, known: Known): LiveNode | undefined {
  return isLive(node, known) ? liveNode(node) : undefined
}

const liveStates: ReadonlySet<FeedNode['state']> = new Set([
  'joining',
  'ready',
  'failed',
  'quarantined',
])

function isLive({ id, state, freed }: FeedNode, { revoked }: Known): boolean {
  return liveStates.has(state) && freed === null && !revoked.has(id)
}

function liveNode(node: FeedNode): LiveNode {
  const { id, name, site, class: ofClass, addresses, state, wireguardKey } = node
  const certificates = [node.certificate, node.previousCertificate]
  return {
    id,
    name: name ?? id,
    site,
    class: ofClass,
    addresses: addresses.map(canonicalAddress),
    quarantined: state === 'quarantined',
    certificates: [...new Set(certificates.filter((one) => one !== null))],
    wireguardKey: wireguardKey ?? undefined,
  }
}

function claimsOf({ addresses, certificates, wireguardKey }: LiveNode): string[] {
  return [
    ...addresses.map((address) => `address ${address} is another's`),
    ...certificates.map((id) => `certificate ${id} is another's`),
    ...(wireguardKey === undefined ? [] : [`WireGuard key ${wireguardKey} is another's`]),
  ]
}

function faultOf({ addresses }: LiveNode): string | undefined {
  const families = new Set(addresses.map(familyOf))
  if (addresses.length === 0) return 'it has no address'
  return families.size === addresses.length ? undefined : 'it has two addresses of one family'
}

/** A route to one of these through a tunnel would take the hub's own traffic along. */
function reservedOf({ config }: Known): string[] {
  const own = (config?.hubs ?? []).flatMap((hub) => [...hub.inner, ...hub.local, ...hub.public])
  const services = (config?.services ?? []).flatMap(({ addresses }) => addresses)
  return [...own, ...services].map((address) => `address ${canonicalAddress(address)} is another's`)
}
