import type { Flow } from './flows/flow.ts'
import { linkFlows } from './flows/links.ts'
import { serverFlows } from './flows/server.ts'
import { relayFlows, socksFlows, tunnelFlows } from './flows/tunnels.ts'
import { renderTable } from './table.ts'
import type { Profile } from './types.ts'

/** All that has to pass the firewalls between the sites, the hubs, the server and the services. */
export function listFlows(profile: Profile): Flow[] {
  return mergeReasons([
    ...serverFlows(profile),
    ...tunnelFlows(profile),
    ...socksFlows(profile),
    ...linkFlows(profile),
    ...relayFlows(profile),
  ])
}

/** The same flow for several reasons is asked for once. */
function mergeReasons(flows: readonly Flow[]): Flow[] {
  const same = Map.groupBy(flows, ({ why, ...flow }) => JSON.stringify(flow))
  return [...same.values()].flatMap(([first, ...more]) => {
    if (first === undefined) return []
    const reasons = new Set([first, ...more].map((flow) => flow.why))
    return [{ ...first, why: [...reasons].join('; ') }]
  })
}

export function renderFlows(flows: readonly Flow[]): string {
  return renderTable(
    ['SOURCE', 'DESTINATION', 'PROTOCOL', 'PORT', 'WHY'],
    flows.map(({ source, destination, protocol, port, why }) => [
      source,
      destination,
      protocol === 'gre' ? 'gre (47)' : protocol,
      port || '-',
      why,
    ]),
  )
}
