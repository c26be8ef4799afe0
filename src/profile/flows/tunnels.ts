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

export function relayFlows(profile: Profile): Flow[] {
  return [...profile.sites.values()].flatMap(({ site, relay }) => {
    if (relay === undefined) return []
    return flowsBetween(
      { sources: [relay.network], destinations: [relay.network] },
      { protocol: 'tcp', port: String(relay.port), why: `${site} relays copies, within the site` },
    )
  })
}
