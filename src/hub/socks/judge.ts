import { canonicalAddress } from '../../address.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import { type Answer, answers, type Target } from '../../stream/ask.ts'
import type { HubNode, ServiceUse } from '../network/state.ts'

export interface Asking {
  node: HubNode
  config: CentreConfig
  /** Streams of this job that are open. */
  open: number
}

/** By the list that the firewall has for tunnels, and the number of connections that one node may have. */
export function judge(target: Target, { node, config, open }: Asking): Answer {
  const rules = config.sites.find(({ site }) => site === node.site)
  if (rules === undefined || node.quarantined) return answers.refused
  if (rules.connections !== undefined && open >= rules.connections) return answers.refused
  const names = servicesFor(node, rules)
  const address = canonicalAddress(target.address)
  const isAllowed = config.services
    .filter(({ name }) => names.includes(name))
    .some((service) => hasAddress(service, address) && hasPort(service, target.port))
  return isAllowed ? answers.done : answers.refused
}

function servicesFor(
  { class: ofClass }: HubNode,
  { services, classes }: CentreConfig['sites'][number],
): readonly string[] {
  if (ofClass === null) return services
  return classes.find(({ name }) => name === ofClass)?.services ?? []
}

function hasAddress({ addresses }: ServiceUse, wanted: string): boolean {
  return addresses.some((address) => canonicalAddress(address) === wanted)
}

/** `tcp/9618` or `tcp/9000-9099` */
function hasPort({ 'from-nodes': list }: ServiceUse, port: number): boolean {
  return list.some((entry) => {
    const [, first, last = first] = /^tcp\/(\d+)(?:-(\d+))?$/.exec(entry) ?? []
    return first !== undefined && Number(first) <= port && port <= Number(last)
  })
}
