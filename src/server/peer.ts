import {
  type Address,
  contains,
  formatAddress,
  network,
  parseAddress,
  parsePrefix,
} from '../address.ts'

/** The one spelling of a peer's address: IPv4 also where the socket shows it mapped into IPv6, and no interface. */
export function peerAddress(text: string): string | undefined {
  const address = parseAddress(text.replace(/%.*$/, ''))
  return address && formatAddress(unmapped(address))
}

function unmapped({ family, value }: Address): Address {
  return family === 'ipv6' && value >> 32n === 0xffffn
    ? { family: 'ipv4', value: value & 0xffff_ffffn }
    : { family, value }
}

/** Who counts as one: an address of IPv4, and a whole /64 of IPv6, which any host there can fill. */
export function neighbourhood(address: string): string {
  const parsed = parseAddress(address)
  return parsed?.family === 'ipv6' ? formatAddress(network(parsed, 64)) : address
}

export function isWithin(address: string, networks: readonly string[]): boolean {
  const parsed = parseAddress(address)
  return networks.some((each) => {
    const prefix = parsePrefix(each)
    return parsed !== undefined && prefix !== undefined && contains(prefix, parsed)
  })
}
