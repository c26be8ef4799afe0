import type { Profile } from '../../profile/types.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import type {
  JsonObject,
  MachineIdentity,
  NodeBrief,
  NodeRecord,
  NodeSummary,
  Sighting,
} from '../../protocol/records.ts'
import { whyPlaceGone } from '../enrol/places.ts'
import { type NodeHealth, readHealth } from '../hubs/sighting.ts'
import type { HeldAt } from '../hubs/site-use.ts'

type ListedNode = AnswerOf<'nodeList'>['nodes'][number]
type ShownNode = AnswerOf<'nodeShow'>

/** A node as lists have it. */
export function renderBrief({ report, health, addresses, ...brief }: NodeBrief): ListedNode {
  return {
    ...brief,
    addresses: addresses as string[],
    rung: textIn(health, 'rung') ?? textIn(report, 'rung'),
    outer: (health?.['outer'] as ListedNode['outer']) ?? null,
    tunnel: tunnelIn(health),
    limits: readHealth(health)?.limits ?? null,
    version: textIn(report, 'version'),
  }
}

/** The same with what is large. */
export function renderSummary(node: NodeSummary): ListedNode {
  const { machine: _, changedSshHostKeys, sshHostKeys, ...rest } = node
  const hostKeysChanged = changedSshHostKeys !== null
  return { ...renderBrief({ ...rest, hostKeysChanged }), sshHostKeys: sshHostKeys as string[] }
}

/** A socks job has no tunnel, and its limits no need of the kernel. */
export function withHeld<Node extends ListedNode>(node: Node, heldAt: HeldAt): Node {
  const why = node.rung === 'socks' ? undefined : heldAt(node.tunnel?.hub, node.site)
  return { ...node, held: why ?? null }
}

/** Who left has no place to lose. */
export function withPlace<Node extends ListedNode>(node: Node, profile: Profile): Node {
  const { site, role, slot, class: ofClass = null, freed = null } = node
  const gone = freed === null ? whyPlaceGone(profile, { site, role, slot, class: ofClass }) : null
  return { ...node, placeGone: gone ?? null }
}

export interface Known {
  node: NodeRecord
  sighting: Sighting | undefined
  domain: string
  tokenCreatedBy: string | null
}

/** All that is known of a node. */
export function renderNode({ node, sighting, domain, tokenCreatedBy }: Known): ShownNode {
  const { facts, report, machine, name, changedSshHostKeys, ...rest } = node
  const seen = { lastSeen: sighting?.at ?? null, health: sighting?.health ?? null }
  return {
    ...renderSummary({ ...rest, ...seen, name, report, machine, changedSshHostKeys }),
    fqdn: name === null ? null : `${name}.${domain}`,
    facts: facts as ShownNode['facts'],
    ...identityOf(machine),
    changedSshHostKeys: changedSshHostKeys as string[] | null,
    ...(report !== null && { report: report as unknown as NonNullable<ShownNode['report']> }),
    tokenCreatedBy,
  }
}

function identityOf(machine: MachineIdentity | null): Pick<ShownNode, 'identity' | 'isProved'> {
  if (machine === null) return { identity: {} }
  const { machineId, dmiUuid, instanceId, bootIds = [], isProved = false } = machine
  return { identity: { machineId, dmiUuid, instanceId, bootId: bootIds[0] ?? null }, isProved }
}

function tunnelIn(health: JsonObject | null): NonNullable<ListedNode['tunnel']> | null {
  if (health === null) return null
  const { hub, state, mtu, rx, tx } = health as Partial<NodeHealth>
  return {
    ...(hub !== undefined && { hub }),
    ...(state !== undefined && { state }),
    ...(mtu !== undefined && { mtu }),
    ...(rx !== undefined && { rx }),
    ...(tx !== undefined && { tx }),
  }
}

export function textIn(object: JsonObject | null, field: string): string | null {
  const value = object?.[field]
  return typeof value === 'string' ? value : null
}
