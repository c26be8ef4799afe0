import { hubOf } from '../lookup.ts'
import { hubsOf, linkAt, linkingHubs } from '../service-hosts.ts'
import { listOf, type Profile, type Service } from '../types.ts'
import { type Ends, type Flow, flowsBetween } from './flow.ts'

/** What passes between each hub and the services behind it, and between hubs. */
export function linkFlows(profile: Profile): Flow[] {
  return [...hubFlows(profile), ...servicesFlows(profile)]
}

function hubFlows(profile: Profile): Flow[] {
  const { 'between-hubs': kind } = profile.centre
  const what = kind === 'gre' ? deviceFlow.gre : deviceFlow.vxlan
  const pairs = linkingHubs(profile).flatMap((one, at, all) =>
    all.slice(at + 1).map((other): [string, string] => [one, other]),
  )
  return pairs.flatMap(([one, other]) => {
    const [sources, destinations] = [one, other].map((hub) => listOf(hubOf(profile, hub).local))
    if (sources === undefined || destinations === undefined) return []
    return bothWays({ sources, destinations }, { ...what, why: `link of ${one} and ${other}` })
  })
}

const deviceFlow = {
  gre: { protocol: 'gre', port: '' },
  vxlan: { protocol: 'udp', port: '4789' },
} as const

function servicesFlows(profile: Profile): Flow[] {
  return Object.entries(profile.centre.services).flatMap(([name, service]) =>
    hubsOf(profile, service).flatMap((hub) => {
      const ends = {
        sources: listOf(hubOf(profile, hub).local),
        destinations: listOf(service.address),
      }
      const link = linkAt(profile, hub, service)
      return serviceFlows({ ...service, link }, ends, `${hub} and ${name}`)
    }),
  )
}

function serviceFlows(service: Service, ends: Ends, between: string): Flow[] {
  switch (service.link) {
    case 'gre':
      return bothWays(ends, { ...deviceFlow.gre, why: `link of ${between}` })
    case 'vxlan':
      return bothWays(ends, {
        ...deviceFlow.vxlan,
        ...(service['vxlan-port'] && { port: String(service['vxlan-port']) }),
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
