import { parseAddress } from '../../address.ts'
import type { Effective, TunnelEnd } from '../effective.ts'
import { hubOf, serviceOf, tunnelOf } from '../lookup.ts'
import { centreFile, listOf, type Profile, siteFile } from '../types.ts'
import type { NodeContext } from './context.ts'

type Reach = Pick<Effective, 'tunnels' | 'try' | 'proxy' | 'hubs' | 'services'>

/** How the node gets to the centre, and what it may reach there. */
export function resolveReach(context: NodeContext): Reach {
  const { site } = context
  const file = siteFile(site.site)
  const tunnels = resolveLadder(context)
  return {
    tunnels,
    try: { value: site.try, origin: { file, path: ['try'] } },
    ...(site.proxy && { proxy: { value: site.proxy, origin: { file, path: ['proxy'] } } }),
    hubs: resolveHubs(context, tunnels),
    services: resolveServices(context),
  }
}

function resolveLadder({ profile, site, identity }: NodeContext): Reach['tunnels'] {
  return site.tunnels.map((rung, at) => ({
    value: rotate(listOf(rung), identity.slot - 1).map((name) => tunnelEnd(profile, name)),
    origin: { file: siteFile(site.site), path: ['tunnels', at] },
  }))
}

/** Spreads the nodes evenly over the equal tunnels of a rung: neighbours begin with different ones. */
function rotate<T>(items: readonly T[], by: number): T[] {
  const start = by % items.length
  return [...items.slice(start), ...items.slice(0, start)]
}

/** The hubs at the ends of the ladder's tunnels, each once. */
function resolveHubs(context: NodeContext, tunnels: Reach['tunnels']): Reach['hubs'] {
  const names = new Set(tunnels.flatMap((rung) => rung.value.map((tunnel) => tunnel.hub)))
  return [...names].sort().map((name) => {
    const { inner, public: outer, socks: port } = hubOf(context.profile, name)
    const socks = port === undefined ? {} : { socks: { addresses: listOf(outer), port } }
    return {
      value: { name, inner: reachable(listOf(inner), context), ...socks },
      origin: { file: centreFile, path: ['hubs', name] },
    }
  })
}

function resolveServices(context: NodeContext): Reach['services'] {
  return (context.class?.says.services ?? context.site.services).map((name) => {
    const service = serviceOf(context.profile, name)
    const value = {
      name,
      addresses: reachable(listOf(service.address), context),
      names: service.names ?? [],
      'from-nodes': service['from-nodes'],
      'to-nodes': service['to-nodes'],
    }
    return { value, origin: { file: centreFile, path: ['services', name] } }
  })
}

/** Through the tunnels a node reaches the families that it has an inner address of. */
function reachable(addresses: readonly string[], { identity }: NodeContext): string[] {
  const families = new Set(identity.addresses.map((own) => parseAddress(own)?.family))
  return addresses.filter((address) => families.has(parseAddress(address)?.family))
}

export function tunnelEnd(profile: Profile, name: string): TunnelEnd {
  const tunnel = tunnelOf(profile, name)
  return {
    name,
    kind: tunnel.kind,
    proto: tunnel.kind === 'openvpn' ? tunnel.proto : 'udp',
    hub: tunnel.hub,
    addresses: listOf(tunnel.public ?? hubOf(profile, tunnel.hub).public),
    port: tunnel.port,
  }
}
