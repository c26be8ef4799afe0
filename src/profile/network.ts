/** Addresses and networks of both families as numbers: what the checks and the slots count with. */

export type Family = 4 | 6

export interface Address {
  family: Family
  value: bigint
}

export interface Network {
  family: Family
  /** The lowest address. */
  first: bigint
  prefix: number
}

export function addressesIn(network: Network): bigint {
  return 1n << BigInt(widthOf(network.family) - network.prefix)
}

/** Addresses that nodes may have: the first, and of IPv4 the last too, belong to the network itself. */
export function slotsIn(network: Network): bigint {
  const unused = network.family === 4 ? 2n : 1n
  const usable = addressesIn(network) - unused
  return usable > 0n ? usable : 0n
}

/** Slot 1 has the first usable address. The caller keeps N within slotsIn. */
export function slotAddress(network: Network, slot: number): string {
  return formatAddress({ family: network.family, value: network.first + BigInt(slot) })
}

export function lastOf(network: Network): bigint {
  return network.first + addressesIn(network) - 1n
}

export function contains(outer: Network, inner: Network | Address): boolean {
  const [first, last] = 'value' in inner ? [inner.value, inner.value] : [inner.first, lastOf(inner)]
  return outer.family === inner.family && outer.first <= first && last <= lastOf(outer)
}

export function overlap(a: Network, b: Network): boolean {
  return a.family === b.family && a.first <= lastOf(b) && b.first <= lastOf(a)
}

export function sameAddress(a: Address, b: Address): boolean {
  return a.family === b.family && a.value === b.value
}

/** A network whose host bits are zero; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const network = networkAround(text)
  if (network === undefined) return undefined
  const address = parseAddress(text.slice(0, text.indexOf('/')))
  return address?.value === network.first ? network : undefined
}

/** The network that an address with a prefix length lies in: 10.0.0.0/8 for 10.1.2.3/8. */
export function networkAround(text: string): Network | undefined {
  const match = /^([^/]+)\/(0|[1-9][0-9]{0,2})$/.exec(text)
  const address = parseAddress(match?.[1] ?? '')
  const prefix = Number(match?.[2])
  if (address === undefined || prefix > widthOf(address.family)) return undefined
  const hostBits = BigInt(widthOf(address.family) - prefix)
  return { family: address.family, first: (address.value >> hostBits) << hostBits, prefix }
}

export function formatNetwork(network: Network): string {
  return `${formatAddress({ family: network.family, value: network.first })}/${network.prefix}`
}

export function parseAddress(text: string): Address | undefined {
  const value = text.includes(':') ? parseIpv6(text) : parseIpv4(text)
  return value === undefined ? undefined : { family: text.includes(':') ? 6 : 4, value }
}

/** The canonical form; RFC 5952 for IPv6. */
export function formatAddress(address: Address): string {
  return address.family === 4 ? formatIpv4(address.value) : formatIpv6(address.value)
}

function widthOf(family: Family): number {
  return family === 4 ? 32 : 128
}

function parseIpv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9][0-9]{0,2})$/.test(part))) return
  if (parts.some((part) => Number(part) > 255)) return undefined
  return joinGroups(parts.map(Number), 8n)
}

function parseIpv6(text: string): bigint | undefined {
  const halves = withoutDots(text)?.split('::')
  if (halves === undefined || halves.length > 2) return undefined
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - (tail?.length ?? 0)
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...Array<string>(missing).fill('0'), ...(tail ?? [])]
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined
  return joinGroups(
    groups.map((group) => Number.parseInt(group, 16)),
    16n,
  )
}

/** The last 32 bits of an IPv6 address may be written as IPv4. */
function withoutDots(text: string): string | undefined {
  if (!text.includes('.')) return text
  const start = text.lastIndexOf(':') + 1
  const value = parseIpv4(text.slice(start))
  if (value === undefined) return undefined
  return `${text.slice(0, start)}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`
}

function joinGroups(groups: readonly number[], bits: bigint): bigint {
  return groups.reduce((value, group) => (value << bits) | BigInt(group), 0n)
}

function splitGroups(value: bigint, bits: bigint, length: number): bigint[] {
  const mask = (1n << bits) - 1n
  return Array.from({ length }, (_, i) => (value >> (BigInt(length - 1 - i) * bits)) & mask)
}

function formatIpv4(value: bigint): string {
  return splitGroups(value, 8n, 4).join('.')
}

function formatIpv6(value: bigint): string {
  const text = splitGroups(value, 16n, 8)
    .map((group) => group.toString(16))
    .join(':')
  const zeros = longestMatch(text, /(?:^|:)0(?::0)+(?=:|$)/g)
  if (zeros === undefined) return text
  const tail = text.slice(zeros.index + zeros[0].length)
  return `${text.slice(0, zeros.index)}::${tail.replace(/^:/, '')}`
}

/** The first of equals. */
function longestMatch(text: string, pattern: RegExp): RegExpExecArray | undefined {
  return [...text.matchAll(pattern)].sort((a, b) => b[0].length - a[0].length)[0]
}
