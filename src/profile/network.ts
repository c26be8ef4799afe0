import { bitsOf, formatAddress, nthAddress, type Prefix, parsePrefix } from '../address.ts'

/** A network as a configuration must write it: with its length, and with host bits that are zero. */
export function parseNetwork(text: string): Prefix | undefined {
  const prefix = networkAround(text)
  return prefix !== undefined && startsAt(prefix, text) ? prefix : undefined
}

/** The network that an address with a length lies in: 10.0.0.0/8 for 10.1.2.3/8. */
export function networkAround(text: string): Prefix | undefined {
  return text.includes('/') ? parsePrefix(text) : undefined
}

function startsAt(prefix: Prefix, text: string): boolean {
  const [host = ''] = text.split('/')
  return parsePrefix(host)?.value === prefix.value
}

/** Addresses that nodes may have: the first, and of IPv4 the last too, belong to the network itself. */
export function slotsIn(network: Prefix): bigint {
  const all = 1n << BigInt(bitsOf(network.family) - network.length)
  const usable = all - (network.family === 'ipv4' ? 2n : 1n)
  return usable > 0n ? usable : 0n
}

/** Slot 1 has the first usable address. The caller keeps N within slotsIn. */
export function slotAddress(network: Prefix, slot: number): string {
  const address = nthAddress(network, slot)
  if (address === undefined) throw new Error(`the network has no slot ${slot}`)
  return formatAddress(address)
}
