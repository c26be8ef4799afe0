import { hubDevice, type Link, TUNNEL_MTU } from '../../net/link.ts'
import type { GreLink, VxlanLink } from '../../net/network.ts'
import { hostsOf } from '../../profile/service-hosts.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import type { HubState, ServiceUse } from './state.ts'

/** The hub's end of one link: the device, and the addresses of the one host at its far end. */
export interface LinkEnd {
  device: GreLink | VxlanLink
  service: ServiceUse
  addresses: readonly string[]
}

/** The links that end at this hub, one to each host of each service that has links. */
export function linkEnds({ hub, config }: HubState): LinkEnd[] {
  const own = config.hubs.find(({ name }) => name === hub)
  if (own === undefined) return []
  return config.links.flatMap((link) => {
    const service = config.services.find(({ name }) => name === link.service)
    if (link.hub !== hub || service === undefined || !isDevice(link.kind)) return []
    return hostsOf({ address: [...service.addresses] }).map((addresses, host) => {
      const ends: Link = {
        kind: link.kind === 'vxlan' ? 'vxlan' : 'gre',
        hub: { name: hub, addresses: own.local, inner: own.inner },
        service: { name: service.name, addresses },
        host,
        key: link.key,
        port: link['vxlan-port'] ?? vxlanPort,
        pathMtu: 1500,
        tunnelMtu: TUNNEL_MTU,
      }
      return { device: hubDevice(ends), service, addresses }
    })
  })
}

export const vxlanPort = 4789

type LinkKind = CentreConfig['links'][number]['kind']

function isDevice(kind: LinkKind): boolean {
  return kind === 'gre' || kind === 'vxlan'
}

/** The services of this hub that have no link but are reached in another way. */
export function servicesOf(
  { hub, config }: Pick<HubState, 'hub' | 'config'>,
  kind: 'routed' | 'local',
): ServiceUse[] {
  const names = config.links
    .filter((link) => link.hub === hub && link.kind === kind)
    .map(({ service }) => service)
  return config.services.filter(({ name }) => names.includes(name))
}
