import { canonicalAddress, parseAddress } from '../../address.ts'
import { DynfarmError } from '../../errors.ts'
import { type Link, TUNNEL_MTU } from '../../net/link.ts'
import { type Network, nothing, type ObservedNetwork } from '../../net/network.ts'
import { serviceNetwork } from '../../net/service-end.ts'
import { steeringInForce } from '../../net/steering.ts'
import { parseNetwork, slotAddress, slotsIn } from '../../profile/network.ts'
import { hostsOf } from '../../profile/service-hosts.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import type { HostLine } from '../../site/wanted.ts'

type Service = CentreConfig['services'][number]
type ConfigLink = CentreConfig['links'][number]

/** The far end of all links that end at this host, with nodes by the hubs that they are at now. */
export function serviceEnd(config: CentreConfig, observed: ObservedNetwork): Network {
  const links = serviceLinks(config, observed)
  if (links.length === 0) return nothing
  const { nodes } = config
  const steering = steeringInForce(links, nodes, observed)
  return serviceNetwork({ links, nodes, steering })
}

/** To each of its hubs, by the addresses that this host has. */
export function serviceLinks(config: CentreConfig, { foreign }: ObservedNetwork): Link[] {
  const own = ownAddresses(foreign.addresses)
  return config.links.flatMap((link) => linkTo(config, link, own))
}

/** Whether there is anything to choose, and so to be told of. */
export function hasSeveralHubs({ links }: CentreConfig): boolean {
  return new Set(links.filter(isDevice).map(({ hub }) => hub)).size > 1
}

const VXLAN_PORT = 4789

function linkTo(config: CentreConfig, link: ConfigLink, own: readonly string[]): Link[] {
  const hub = config.hubs.find(({ name }) => name === link.hub)
  const service = config.services.find(({ name }) => name === link.service)
  // What is routed or local has no far end.
  if (hub === undefined || service === undefined || !isDevice(link)) return []
  const { host, addresses } = whichHost(service, own)
  return [
    {
      kind: link.kind === 'vxlan' ? 'vxlan' : 'gre',
      hub: { name: hub.name, addresses: hub.local, inner: hub.inner },
      service: { name: service.name, addresses },
      ...{ host, key: link.key, port: link['vxlan-port'] ?? VXLAN_PORT },
      ...{ pathMtu: 1500, tunnelMtu: TUNNEL_MTU },
    },
  ]
}

function isDevice({ kind }: ConfigLink): boolean {
  return kind === 'gre' || kind === 'vxlan'
}

/** Of a service with several hosts: the one whose addresses this machine has. */
function whichHost(
  { name, addresses }: Service,
  own: readonly string[],
): { host: number; addresses: string[] } {
  const mine = new Set(own.map(canonicalAddress))
  const hosts = hostsOf({ address: [...addresses] })
  const host = hosts.findIndex((ends) => ends.some((end) => mine.has(canonicalAddress(end))))
  const found = hosts[host]
  if (found !== undefined) return { host, addresses: found }
  throw new DynfarmError(
    'not-settled',
    `this host has none of the addresses of service "${name}": ${addresses.join(', ')}`,
    { hint: 'give it the address, or mend the service in centre.yaml' },
  )
}

/** Beyond this many of one site, names are better told by a zone. */
const MOST_NAMES = 4096

/** The names of all nodes that can ever be: they follow from their slots. */
export function nodeNames({ domain, sites }: CentreConfig): HostLine[] {
  return sites.flatMap(({ site, nodes, jobs }) => [
    ...namesIn(nodes, (slot) => `${site}-${slot}`, domain),
    ...namesIn(jobs, (slot) => `${site}-job-${slot}`, domain),
  ])
}

function namesIn(
  networks: readonly string[],
  nameOf: (slot: number) => string,
  domain: string,
): HostLine[] {
  return networks.flatMap((text) => {
    const range = parseNetwork(text)
    if (range === undefined) return []
    const length = Math.min(Number(slotsIn(range)), MOST_NAMES)
    return Array.from({ length }, (_, at) => {
      const name = nameOf(at + 1)
      return { address: slotAddress(range, at + 1), names: [`${name}.${domain}`, name] }
    })
  })
}

function ownAddresses(addresses: readonly { address: string }[]): string[] {
  return addresses
    .map(({ address }) => address.replace(/\/\d+$/, ''))
    .filter((address) => parseAddress(address) !== undefined)
}
