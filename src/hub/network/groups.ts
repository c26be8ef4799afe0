import { type Family, familyOf } from '../../address.ts'
import type { HubNode, HubState, ServiceUse } from './state.ts'

/** The nodes of one class of one site, who may all reach the same services. */
export interface Group {
  site: string
  class: string | null
  nodeToNode: boolean
  /** Open connections of one node. */
  connections: number | undefined
  services: readonly ServiceUse[]
  nodes: readonly HubNode[]
}

/** Every group that the configuration knows, with nodes or without, so that the rules stay as they are. */
export function groupsOf({ config, nodes }: HubState): Group[] {
  const members = Map.groupBy(
    nodes.filter(({ quarantined }) => !quarantined),
    (node) => keyOf(node.site, node.class),
  )
  return config.sites.flatMap((rules) => {
    const plain = { name: null, services: rules.services }
    return [plain, ...rules.classes].map(({ name, services }) => ({
      site: rules.site,
      class: name,
      nodeToNode: rules['node-to-node'],
      connections: rules.connections,
      services: config.services.filter((service) => services.includes(service.name)),
      nodes: members.get(keyOf(rules.site, name)) ?? [],
    }))
  })
}

function keyOf(site: string, ofClass: string | null): string {
  return ofClass === null ? site : `${site}/${ofClass}`
}

/** The name of the group's set of addresses: nodes4_aruba, nodes6_aruba_cache. */
export function setName({ site, class: ofClass }: Group, family: Family): string {
  const words = ofClass === null ? [site] : [site, ofClass.replaceAll('-', '_')]
  return [`nodes${digit(family)}`, ...words].join('_')
}

export function digit(family: Family): 4 | 6 {
  return family === 'ipv4' ? 4 : 6
}

export function ofFamily(addresses: readonly string[], family: Family): string[] {
  return addresses.filter((address) => familyOf(address) === family)
}
