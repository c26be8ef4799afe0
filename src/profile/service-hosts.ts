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

/** The hubs that hold a link to a service: all of them, unless it says which. */
export function hubsOf({ centre }: Profile, { hubs }: Service): readonly string[] {
  return hubs ?? Object.keys(centre.hubs)
}
