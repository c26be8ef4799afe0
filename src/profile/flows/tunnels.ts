import { hubOf, tunnelOf } from '../lookup.ts'
import { tunnelEnd } from '../resolve/reach.ts'
import { listOf, type Profile, type Site } from '../types.ts'
import { type Flow, flowsBetween } from './flow.ts'
import { sourcesOf } from './server.ts'

/** What the machines of the sites open: the tunnels that their ladders name. */
export function tunnelFlows(profile: Profile): Flow[] {
  return [...profile.sites.values()].flatMap((site) =>
    [...new Set(site.tunnels.flatMap((rung) => listOf(rung)))].flatMap((name) =>
      siteTunnelFlows(profile, site, name),
    ),
  )
}

function siteTunnelFlows(profile: Profile, site: Site, name: string): Flow[] {
  const { addresses, proto, port, hub } = tunnelEnd(profile, name)
  return flowsBetween(
    { sources: sourcesOf(site), destinations: addresses },
    { protocol: proto, port: String(port), why: `${site.site} to ${hub}, tunnel ${name}` },
  )
}

/** What jobs open that cannot have a network of their own. */
export function socksFlows(profile: Profile): Flow[] {
  const sites = [...profile.sites.values()].filter(({ jobs }) => jobs !== undefined)
  return sites.flatMap((site) =>
    hubsOfSite(profile, site).flatMap((name) => {
      const { socks, public: outer } = hubOf(profile, name)
      if (socks === undefined) return []
      return flowsBetween(
        { sources: sourcesOf(site), destinations: listOf(outer) },
        { protocol: 'tcp', port: String(socks), why: `${site.site} to ${name}, jobs by socks` },
      )
    }),
  )
}

function hubsOfSite(profile: Profile, site: Site): string[] {
  const names = site.tunnels.flatMap((rung) => listOf(rung)).map((name) => tunnelOf(profile, name))
  return [...new Set(names.map(({ hub }) => hub))]
}

export function relayFlows(profile: Profile): Flow[] {
  return [...profile.sites.values()].flatMap(({ site, relay }) => {
    if (relay === undefined) return []
    return flowsBetween(
      { sources: [relay.network], destinations: [relay.network] },
      { protocol: 'tcp', port: String(relay.port), why: `${site} relays copies, within the site` },
    )
  })
}
