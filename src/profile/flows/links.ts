import { hubOf } from '../lookup.ts'
import { hubsOf } from '../service-hosts.ts'
import { listOf, type Profile, type Service } from '../types.ts'
import { type Ends, type Flow, flowsBetween } from './flow.ts'

/** What passes between each hub and the services behind it. */
export function linkFlows(profile: Profile): Flow[] {
  return Object.entries(profile.centre.services).flatMap(([name, service]) =>
    hubsOf(profile, service).flatMap((hub) => {
      const ends = {
        sources: listOf(hubOf(profile, hub).local),
        destinations: listOf(service.address),
      }
      return serviceFlows(service, ends, `${hub} and ${name}`)
    }),
  )
}

function serviceFlows(service: Service, ends: Ends, between: string): Flow[] {
  switch (service.link) {
    case 'gre':
      return bothWays(ends, { protocol: 'gre', port: '', why: `link of ${between}` })
    case 'vxlan':
      return bothWays(ends, {
        protocol: 'udp',
        port: String(service['vxlan-port'] ?? 4789),
        why: `link of ${between}`,
      })
    case 'routed':
      return service['from-nodes'].flatMap((traffic) => routedFlows(traffic, ends, between))
    case 'local':
      return []
  }
}

function bothWays(ends: Ends, what: Pick<Flow, 'protocol' | 'port' | 'why'>): Flow[] {
  const back = { sources: ends.destinations, destinations: ends.sources }
  return [...flowsBetween(ends, what), ...flowsBetween(back, what)]
}

/** The hub masquerades: what nodes open arrives as the hub's own. */
function routedFlows(traffic: string, ends: Ends, between: string): Flow[] {
  const [protocol, port = ''] = traffic.split('/')
  const why = `nodes through ${between}`
  if (protocol === 'tcp' || protocol === 'udp') return flowsBetween(ends, { protocol, port, why })
  return flowsBetween(ends, { protocol: 'icmp', port, why }).map((flow) =>
    flow.destination.includes(':') ? { ...flow, protocol: 'icmpv6' } : flow,
  )
}
