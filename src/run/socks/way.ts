import { canonicalAddress, parseAddress } from '../../address.ts'
import type { NodeAnswer } from '../../client/join/reach.ts'

/** What a job wants to reach: a service by the hub, or anything else as this machine itself would. */
export type Way = { by: 'hub'; address: string } | { by: 'machine'; host: string }

export interface Centre {
  /** Of its services and of what the site's profile names. */
  names: ReadonlyMap<string, string>
  /** Of its services. */
  addresses: ReadonlySet<string>
  route: 'split' | 'all'
}

export function centreOf({ services, site }: NodeAnswer, route: Centre['route']): Centre {
  const lines = site?.hosts ?? []
  const named = services.flatMap(({ names, addresses }) =>
    names.flatMap((name): [string, string][] => addresses.slice(0, 1).map((one) => [name, one])),
  )
  const extra = lines.flatMap(({ names, address }) =>
    names.map((name): [string, string] => [name, address]),
  )
  return {
    names: new Map([...extra, ...named].map(([name, address]) => [name.toLowerCase(), address])),
    addresses: new Set(services.flatMap(({ addresses }) => addresses.map(canonicalAddress))),
    route,
  }
}

/** `known` is what the machine's own resolver made of a name, when that was asked already. */
export function wayTo(host: string, { names, addresses, route }: Centre, known?: string): Way {
  const address = known ?? names.get(host.toLowerCase().replace(/\.$/, '')) ?? host
  const isAddress = parseAddress(address) !== undefined
  const isOfCentre = isAddress && addresses.has(canonicalAddress(address))
  return isOfCentre || route === 'all'
    ? { by: 'hub', address: isAddress ? canonicalAddress(address) : '' }
    : { by: 'machine', host: address }
}
