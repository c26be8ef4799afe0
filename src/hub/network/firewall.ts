import { beforeConnections } from '../../net/link-origins.ts'
import type { Chain, Firewall, FirewallRule, Match, NamedSet } from '../../net/nft/firewall.ts'
import { flowChains, flowSets } from './flows.ts'
import { forwardRules, judgedChains } from './forward.ts'
import { groupsOf, ofFamily, setName } from './groups.ts'
import { inputRules, inputSets } from './input.ts'
import { type LinkEnd, servicesOf } from './links.ts'
import { outputRules } from './output.ts'
import type { PeerEnd } from './peers.ts'
import { innerFamilies } from './routing.ts'
import { activeNodes, allDevices, allNodes, destinationOf, type Scene, sourceOf } from './scene.ts'
import { sourceChains, sourceRules } from './sources.ts'
import type { HubNode, HubState } from './state.ts'

/**
 * The hub's one table. It judges only what comes from or goes to a device of dynfarm's, or claims to be a node's, and
 * says nothing of all other traffic.
 */
export function hubFirewall(
  state: HubState,
  links: readonly LinkEnd[],
  peers: readonly PeerEnd[],
): Firewall {
  const groups = groupsOf(state)
  const scene = { state, links, peers, groups, families: innerFamilies(state) }
  return {
    sets: [
      ...deviceSets(scene),
      ...nodeSets(scene),
      ...connectionSets(scene),
      ...inputSets(scene),
      ...flowSets(scene),
    ],
    chains: [
      hooked('prerouting', 'prerouting', beforeConnections, sourceRules(scene)),
      ...sourceChains(scene),
      hooked('input', 'input', 0, inputRules(scene)),
      hooked('forward', 'forward', 0, forwardRules(scene)),
      ...judgedChains(scene),
      hooked('output', 'output', 0, outputRules(scene)),
      ...masquerading(scene),
      ...flowChains(scene),
    ],
  }
}

function hooked(
  name: string,
  at: 'prerouting' | 'input' | 'forward' | 'output',
  priority: number,
  rules: readonly FirewallRule[],
): Chain {
  return { name, hook: { type: 'filter', at, priority, policy: 'accept' }, rules }
}

function deviceSets({ state, links, peers }: Scene): NamedSet[] {
  const tunnelNames = state.tunnels.map(({ name }) => name)
  const [linkNames, hubs] = [links, peers].map((ends) => ends.map(({ device }) => device.name))
  const set = (name: string, elements: readonly string[] = []): NamedSet => ({
    ...{ name, type: 'ifname', elements },
  })
  return [
    set(allDevices, [...tunnelNames, ...(linkNames ?? []), ...(hubs ?? [])]),
    set('tunnels', tunnelNames),
    set('links', linkNames),
    ...(peers.length > 0 ? [set('hubs', hubs)] : []),
  ]
}

/** All nodes, for whose packet it is; those that may talk at all; and each group's, for what it may reach. */
function nodeSets({ state, groups }: Scene): NamedSet[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const type = family === 'ipv4' ? ('ipv4_addr' as const) : ('ipv6_addr' as const)
    const addresses = (nodes: HubState['nodes']) =>
      nodes.flatMap((node) => ofFamily(node.addresses, family))
    return [
      { name: allNodes(family), type, elements: addresses(state.nodes) },
      { name: activeNodes(family), type, elements: addresses(state.nodes.filter(isActive)) },
      ...groups.map((group) => ({
        name: setName(group, family),
        type,
        elements: addresses(group.nodes),
      })),
    ]
  })
}

function isActive({ quarantined }: HubNode): boolean {
  return !quarantined
}

function connectionSets({ groups, families }: Scene): NamedSet[] {
  const limited = groups.filter(({ connections }) => connections !== undefined)
  return limited.flatMap((group) =>
    families.map((family) => ({
      name: `open_${setName(group, family)}`,
      type: family === 'ipv4' ? ('ipv4_addr' as const) : ('ipv6_addr' as const),
      dynamic: 65_536,
    })),
  )
}

/** To a service that does not know the way back to nodes, the hub speaks in its own name. */
function masquerading({ state, families }: Scene): Chain[] {
  const routed = servicesOf(state, 'routed').flatMap(({ addresses }) => addresses)
  if (routed.length === 0) return []
  const rules = families.flatMap((family): FirewallRule[] => {
    const targets = ofFamily(routed, family)
    if (targets.length === 0) return []
    const from: Match = { on: sourceOf(family), in: `@${allNodes(family)}` }
    return [{ match: [from, { on: destinationOf(family), in: targets }], actions: ['masquerade'] }]
  })
  return [
    {
      name: 'postrouting',
      hook: { type: 'nat', at: 'postrouting', priority: 100, policy: 'accept' },
      rules,
    },
  ]
}
