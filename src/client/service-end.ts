import { resolve } from 'node:path'
import { realMachine } from '../apply/real-machine.ts'
import { DynfarmError } from '../errors.ts'
import { type Link, TUNNEL_MTU } from '../net/link.ts'
import { bareHost } from '../net/network.ts'
import { renderNetworkd } from '../net/networkd.ts'
import { planNetwork, requireUnblocked } from '../net/plan-network.ts'
import { serviceNetwork } from '../net/service-end.ts'
import { exampleLinkSecret, linkKey, parseLinkSecret } from '../pki/link-key.ts'
import { renderScript } from '../plan/script.ts'
import { hubOf } from '../profile/lookup.ts'
import { listIdentities, renderHosts } from '../profile/names.ts'
import { hostsOf, hubsOf, linkingHubs } from '../profile/service-hosts.ts'
import { listOf, type Profile, type Service } from '../profile/types.ts'

/** What one host of a service must be given, when dynfarm itself will never run on it. */
export interface ServiceHost {
  service: string
  addresses: readonly string[]
  link: Service['link']
  /** As a shell script. */
  commands: string
  /** The same for systemd-networkd, by path. */
  networkd: Record<string, string>
  hosts: string
}

export interface ServiceEnds {
  hosts: ServiceHost[]
  /** The folder has no secret of its own, so the keys are not those of any real link. */
  exampleKey: boolean
}

export async function describeService(profile: Profile, name: string): Promise<ServiceEnds> {
  const service = findService(profile, name)
  const secret = await readLinkSecret(profile)
  const ends = hostsOf(service).map((addresses, host) => ({
    ...describeHost(profile, {
      name,
      service,
      host,
      addresses,
      secret: secret ?? exampleLinkSecret,
    }),
  }))
  return { hosts: ends, exampleKey: secret === undefined && hasDevice(service) }
}

/** The links of the first host of a service, one to each hub that holds one. */
export async function serviceLinks(profile: Profile, name: string): Promise<Link[]> {
  const service = findService(profile, name)
  const [addresses = []] = hostsOf(service)
  const secret = (await readLinkSecret(profile)) ?? exampleLinkSecret
  return hasDevice(service) ? linksOf(profile, { name, service, host: 0, addresses, secret }) : []
}

function findService({ centre }: Profile, name: string): Service {
  const service = Object.hasOwn(centre.services, name) ? centre.services[name] : undefined
  if (service !== undefined) return service
  throw new DynfarmError('no-such-service', `no service "${name}" in centre.yaml`)
}

async function readLinkSecret({ dir }: Profile): Promise<Uint8Array | undefined> {
  const file = await realMachine().readFile(resolve(dir, 'keys/links.secret'))
  return file && parseLinkSecret(new TextDecoder().decode(file.content))
}

interface HostWanted {
  name: string
  service: Service
  /** Which of the service's hosts, from 0. */
  host: number
  addresses: readonly string[]
  secret: Uint8Array
}

function describeHost(profile: Profile, wanted: HostWanted): ServiceHost {
  const { name, service, addresses } = wanted
  const about = { service: name, addresses, link: service.link }
  if (!hasDevice(service)) return { ...about, commands: '', networkd: {}, hosts: '' }
  const nodes = listOf(profile.centre.nodes)
  const network = serviceNetwork({ links: linksOf(profile, wanted), nodes })
  return {
    ...about,
    commands: renderScript(requireUnblocked(planNetwork(network, bareHost))),
    networkd: Object.fromEntries(renderNetworkd(network)),
    hosts: renderHosts(listIdentities(profile)),
  }
}

/** A routed service sees only the hub, and a local one is the hub: neither has a link to end. */
function hasDevice({ link }: Service): boolean {
  return link === 'gre' || link === 'vxlan'
}

function linksOf(profile: Profile, { name, service, host, addresses, secret }: HostWanted): Link[] {
  const linking = linkingHubs(profile)
  const hubs = hubsOf(profile, service).filter((hub) => linking.includes(hub))
  return hubs.map((hub) => {
    const { local, inner } = hubOf(profile, hub)
    return {
      kind: service.link === 'vxlan' ? 'vxlan' : 'gre',
      hub: { name: hub, addresses: listOf(local), inner: listOf(inner) },
      service: { name, addresses },
      host,
      key: linkKey(secret, { hub, service: name }),
      port: service['vxlan-port'] ?? 4789,
      pathMtu: 1500,
      tunnelMtu: TUNNEL_MTU,
    }
  })
}
