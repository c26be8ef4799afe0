import { hubLinkKey, linkKey } from '../../pki/link-key.ts'
import { tlsCryptServerKey, tlsCryptSharedKey } from '../../pki/tls-crypt.ts'
import { hubOf, serviceOf, tunnelOf } from '../../profile/lookup.ts'
import { tunnelEnd } from '../../profile/resolve/reach.ts'
import { hubsOf, linkAt, linkingHubs } from '../../profile/service-hosts.ts'
import { listOf, type Profile } from '../../profile/types.ts'
import type { HostRecord } from '../../protocol/records.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import type { Keys } from '../keys.ts'
import { reachesAny, siteRules } from './site-rules.ts'

export type HostName = Pick<HostRecord, 'role' | 'name'>
type Link = CentreConfig['links'][number]

/**
 * What a host of the centre must know of the configuration: a hub what ends at it, a service host its own links.
 * One that the configuration has no more is given nothing to hold.
 */
export function hostConfig(
  profile: Profile,
  { linkSecret }: Pick<Keys, 'linkSecret'>,
  host: HostName,
): CentreConfig {
  const { centre, domain, nodes } = profile.centre
  const links = linksOf(profile, host).map((ends) => makeLink(profile, ends, linkSecret))
  const services = [...new Set(links.map(({ service }) => service))]
  return {
    centre,
    domain,
    nodes: [...listOf(nodes)],
    hubs: hubNames(profile, host, links).map((name) => hubEnd(profile, name)),
    tunnels: host.role === 'hub' ? tunnelsAt(profile, host.name, linkSecret) : [],
    services: services.map((name) => serviceUse(profile, name)),
    links,
    ...(host.role === 'hub' && { peers: peersOf(profile, host.name, linkSecret) }),
    sites: siteRules(profile, services).filter((site) => host.role === 'hub' || reachesAny(site)),
  }
}

interface LinkEnds {
  hub: string
  service: string
}

/** A service behind a routed link sees only the hub, and a local one is the hub: neither has an end of its own. */
function linksOf(profile: Profile, { role, name }: HostName): LinkEnds[] {
  return Object.entries(profile.centre.services).flatMap(([service, says]) => {
    const hubs = hubsOf(profile, says)
    if (role === 'hub') return hubs.includes(name) ? [{ hub: name, service }] : []
    return service === name
      ? hubs.filter((hub) => hasEnd(linkAt(profile, hub, says))).map((hub) => ({ hub, service }))
      : []
  })
}

function hasEnd(link: Link['kind']): boolean {
  return link === 'gre' || link === 'vxlan'
}

function makeLink(profile: Profile, ends: LinkEnds, secret: Uint8Array): Link {
  const service = serviceOf(profile, ends.service)
  const { 'vxlan-port': port = 4789 } = service
  const link = linkAt(profile, ends.hub, service)
  const key = linkKey(secret, ends)
  return { ...ends, kind: link, key, ...(link === 'vxlan' && { 'vxlan-port': port }) }
}

type Peer = NonNullable<CentreConfig['peers']>[number]

/** Every two hubs have a link of their own. */
function peersOf(profile: Profile, name: string, secret: Uint8Array): Peer[] {
  const { centre } = profile
  const hubs = linkingHubs(profile)
  if (!hubs.includes(name)) return []
  return hubs
    .filter((hub) => hub !== name)
    .map((hub) => ({ hub, kind: centre['between-hubs'], key: hubLinkKey(secret, [name, hub]) }))
}

/** Hubs announce nodes to one another; a service host has to do with those that it has a link to. */
function hubNames(profile: Profile, { role }: HostName, links: readonly Link[]): string[] {
  return role === 'hub' ? Object.keys(profile.centre.hubs) : links.map(({ hub }) => hub)
}

function hubEnd(profile: Profile, name: string): CentreConfig['hubs'][number] {
  const {
    inner,
    local,
    public: outer,
    'from-nodes': traffic,
    socks,
    rootless,
    limits,
  } = hubOf(profile, name)
  return {
    name,
    inner: [...listOf(inner)],
    local: [...listOf(local)],
    public: [...listOf(outer)],
    'from-nodes': traffic,
    ...(socks !== undefined && { socks }),
    ...(rootless && { rootless }),
    ...(limits.rx !== undefined && { rx: limits.rx }),
    ...(limits.tx !== undefined && { tx: limits.tx }),
  }
}

function tunnelsAt(profile: Profile, hub: string, secret: Uint8Array): CentreConfig['tunnels'] {
  const names = Object.keys(profile.centre.tunnels)
  return names
    .map((name) => tunnelEnd(profile, name))
    .filter((end) => end.hub === hub)
    .map(({ name, kind, proto, addresses, port }) => ({
      name,
      kind,
      proto,
      addresses: [...addresses],
      port,
      ...portShare(profile, name),
      ...(kind === 'openvpn' && { tlsCrypt: tlsCryptOf(name, secret) }),
    }))
}

function tlsCryptOf(tunnel: string, secret: Uint8Array): { server: string; shared: string } {
  return { server: tlsCryptServerKey(secret, tunnel), shared: tlsCryptSharedKey(secret, tunnel) }
}

function portShare(profile: Profile, name: string): { 'port-share'?: string } {
  const tunnel = tunnelOf(profile, name)
  const share = tunnel.kind === 'openvpn' ? tunnel['port-share'] : undefined
  return share === undefined ? {} : { 'port-share': share }
}

function serviceUse(profile: Profile, name: string): CentreConfig['services'][number] {
  const { address, names = [], 'from-nodes': from, 'to-nodes': towards } = serviceOf(profile, name)
  return { name, addresses: [...listOf(address)], names, 'from-nodes': from, 'to-nodes': towards }
}
