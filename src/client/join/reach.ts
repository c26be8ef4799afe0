import { canonicalPrefix, type Family, familyOf } from '../../address.ts'
import type { JoinAnswer } from '../enrol-check.ts'

export type RungEnd = JoinAnswer['rungs'][number][number]

export interface NodeAnswer extends JoinAnswer {
  node: NonNullable<JoinAnswer['node']>
}

/** What a node reaches by its tunnel, whichever rung that is. */
export interface Reach {
  /** Its own inner addresses. */
  own: readonly string[]
  /** Networks, most of them single addresses: through the tunnel, or nowhere. */
  through: readonly Target[]
  /** Of services whose family it has no inner address of: nowhere. */
  closed: readonly Target[]
}

export interface Target {
  to: string
  /** For messages: `service "ce"`. */
  what: string
}

export function reachOf(answer: NodeAnswer): Reach {
  const own = answer.node.addresses
  const families = new Set(own.map(familyOf))
  const all = distinct(targetsOf(answer))
  return {
    own,
    through: all.filter(({ to }) => families.has(familyOf(to))),
    closed: all.filter(({ to }) => !families.has(familyOf(to))),
  }
}

/** Half a network is more use than none: a node of both families lives by IPv4 where the kernel has nothing else. */
export function withoutIPv6(answer: NodeAnswer): NodeAnswer {
  const { node } = answer
  const addresses = node.addresses.filter((address) => familyOf(address) === 'ipv4')
  const isOfBoth = addresses.length > 0 && addresses.length < node.addresses.length
  return isOfBoth ? { ...answer, node: { ...node, addresses } } : answer
}

/** Of the families that the node has, the hub's own first. */
export function innerOf({ hubs }: JoinAnswer, hub: string, families: readonly string[]): string[] {
  const has = new Set<Family>(families.map(familyOf))
  const inner = hubs.find(({ name }) => name === hub)?.inner ?? []
  return inner.filter((address) => has.has(familyOf(address)))
}

/** All hubs: an administrator may come from each of them, whichever ends the tunnel. */
function targetsOf({ hubs, services, site }: JoinAnswer): Target[] {
  const others = site?.['node-to-node'] === true ? site.nodes : []
  return [
    ...hubs.flatMap(({ name, inner }) => inner.map((to) => ({ to, what: `hub "${name}"` }))),
    ...services.flatMap(({ name, addresses }) =>
      addresses.map((to) => ({ to, what: `service "${name}"` })),
    ),
    ...others.map((to) => ({ to, what: 'the other nodes' })),
  ]
}

function distinct(targets: readonly Target[]): Target[] {
  const byNetwork = new Map<string, Target>()
  for (const { to, what } of targets) {
    const network = canonicalPrefix(to)
    if (!byNetwork.has(network)) byNetwork.set(network, { to: network, what })
  }
  return [...byNetwork.values()]
}
