import { listOf, type Profile, type Service } from './types.ts'

/**
 * The hosts behind a service, each with its one or two addresses: the first IPv4 and the first IPv6 address are of
 * one host, the second of each of another, and so on.
 */
export function hostsOf({ address }: Pick<Service, 'address'>): string[][] {
  const addresses = listOf(address)
  const ipv6 = addresses.filter((one) => one.includes(':'))
  const ipv4 = addresses.filter((one) => !one.includes(':'))
  return Array.from({ length: Math.max(ipv4.length, ipv6.length) }, (_, at) =>
    [ipv4[at], ipv6[at]].filter((one) => one !== undefined),
  )
}

/** The path from a hub to a service. One without root has no links: all is routed by way of its host. */
export function linkAt({ centre }: Profile, hub: string, { link }: Service): Service['link'] {
  return centre.hubs[hub]?.rootless === true ? 'routed' : link
}

/** The hubs that have devices of their own for links, to services and to one another. */
export function linkingHubs({ centre }: Profile): string[] {
  return Object.entries(centre.hubs).flatMap(([name, { rootless }]) => (rootless ? [] : [name]))
}

/** The hubs that hold a link to a service: all of them, unless it says which. */
export function hubsOf({ centre }: Profile, { hubs }: Service): readonly string[] {
  return hubs ?? Object.keys(centre.hubs)
}
