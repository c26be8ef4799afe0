export type Family = 'ipv4' | 'ipv6'

export interface Address {
  family: Family
  value: bigint
}

/** A network: every host bit of its value is zero. */
export interface Prefix extends Address {
  length: number
}

const BITS = { ipv4: 32, ipv6: 128 } as const

export function bitsOf(family: Family): number {
  return BITS[family]
}

export function familyOf(text: string): Family {
  return text.includes(':') ? 'ipv6' : 'ipv4'
}

/** As people write it. */
export function familyName(family: Family): 'IPv4' | 'IPv6' {
  return family === 'ipv4' ? 'IPv4' : 'IPv6'
}

/** In the order of families, then of numbers. */
export function compareAddresses(a: Address, b: Address): number {
  if (a.family !== b.family) return a.family < b.family ? -1 : 1
  return a.value === b.value ? 0 : a.value < b.value ? -1 : 1
}

export function parseAddress(text: string): Address | undefined {
  const family = familyOf(text)
  const value = family === 'ipv4' ? parseIPv4(text) : parseIPv6(text)
  return value === undefined ? undefined : { family, value }
}

export function isAddress(text: string): boolean {
  return IPV4.test(text) || parseAddress(text) !== undefined
}

/** Takes a bare address as a network of one, and clears host bits. */
export function parsePrefix(text: string): Prefix | undefined {
  const [host = '', bits, ...rest] = text.split('/')
  const address = parseAddress(host)
  if (address === undefined || rest.length > 0) return undefined
  const length = bits === undefined ? BITS[address.family] : parseLength(bits, address.family)
  return length === undefined ? undefined : network(address, length)
}

export function network(address: Address, length: number): Prefix {
  const hostBits = BigInt(BITS[address.family] - length)
  return { family: address.family, value: (address.value >> hostBits) << hostBits, length }
}

export function formatAddress({ family, value }: Address): string {
  return family === 'ipv4' ? formatIPv4(value) : formatIPv6(value)
}

export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix)}/${prefix.length}`
}

/** The one spelling of an address; what is none is a bug of the caller, who validated it. */
export function canonicalAddress(text: string): string {
  if (IPV4.test(text) || PLAIN_IPV6.test(text)) return text
  const groups = parseGroups(text)
  if (groups === undefined) throw new Error(`not an address: "${text}"`)
  return formatGroups(groups)
}

/** Always with its length: 192.0.2.1 becomes 192.0.2.1/32. */
export function canonicalPrefix(text: string): string {
  if (!text.includes('/')) return `${canonicalAddress(text)}/${BITS[familyOf(text)]}`
  const prefix = parsePrefix(text)
  if (prefix === undefined) throw new Error(`not a network: "${text}"`)
  return formatPrefix(prefix)
}

export function lastOf(prefix: Prefix): bigint {
  return prefix.value + (1n << BigInt(BITS[prefix.family] - prefix.length)) - 1n
}

export function contains(outer: Prefix, inner: Address | Prefix): boolean {
  const last = 'length' in inner ? lastOf(inner) : inner.value
  return outer.family === inner.family && outer.value <= inner.value && last <= lastOf(outer)
}

export function overlaps(a: Prefix, b: Prefix): boolean {
  return contains(a, b) || contains(b, a)
}

/** The address of slot n; undefined when the network has no such address. */
export function nthAddress(prefix: Prefix, n: number): Address | undefined {
  const value = prefix.value + BigInt(n)
  return n >= 0 && value <= lastOf(prefix) ? { family: prefix.family, value } : undefined
}

function parseLength(text: string, family: Family): number | undefined {
  const length = /^(0|[1-9]\d{0,2})$/.test(text) ? Number(text) : Number.NaN
  return length <= BITS[family] ? length : undefined
}

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)

function parseIPv4(text: string): bigint | undefined {
  if (!IPV4.test(text)) return undefined
  return BigInt(text.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0))
}

function formatIPv4(value: bigint): string {
  const number = Number(value)
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.')
}

function parseIPv6(text: string): bigint | undefined {
  return parseGroups(text)?.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n)
}

/** The eight groups of an IPv6 address. */
function parseGroups(text: string): number[] | undefined {
  const [head = '', tail, ...rest] = text.split('::')
  const left = parseHalf(head, tail === undefined)
  if (tail === undefined) return left?.length === 8 ? left : undefined
  const right = parseHalf(tail, true)
  if (left === undefined || right === undefined || rest.length > 0) return undefined
  const missing = 8 - left.length - right.length
  return missing < 1 ? undefined : [...left, ...new Array<number>(missing).fill(0), ...right]
}

/** The last group may be an IPv4 address, as in ::ffff:192.0.2.1. */
function parseHalf(text: string, last: boolean): number[] | undefined {
  const groups: number[] = []
  if (text === '') return groups
  const words = text.split(':')
  for (const [index, word] of words.entries()) {
    const ipv4 = last && index === words.length - 1 ? parseIPv4(word) : undefined
    if (ipv4 !== undefined) groups.push(Number(ipv4 >> 16n), Number(ipv4 & 0xffffn))
    else if (GROUP.test(word)) groups.push(Number.parseInt(word, 16))
    else return undefined
  }
  return groups
}

const GROUP = /^[0-9a-f]{1,4}$/i

/** Surely canonical, and what most are: no group is zero, and "::" stands for two or more. */
const PLAIN_GROUPS = '[1-9a-f][0-9a-f]{0,3}(?::[1-9a-f][0-9a-f]{0,3})*'
const PLAIN_IPV6 = new RegExp(`^(?!(?:[^:]*:){7})${PLAIN_GROUPS}::${PLAIN_GROUPS}$`)

function formatIPv6(value: bigint): string {
  const shifts = [112n, 96n, 80n, 64n, 48n, 32n, 16n, 0n]
  return formatGroups(shifts.map((shift) => Number((value >> shift) & 0xffffn)))
}

/** RFC 5952: lower case, no leading zeros, the first longest run of zero groups as "::". */
function formatGroups(groups: readonly number[]): string {
  const [start, end] = longestZeroRun(groups)
  if (end - start < 2) return hex(groups, 0, 8)
  return `${hex(groups, 0, start)}::${hex(groups, end, 8)}`
}

function hex(groups: readonly number[], start: number, end: number): string {
  let text = ''
  for (let at = start; at < end; at++) {
    text += `${at === start ? '' : ':'}${groups[at]?.toString(16)}`
  }
  return text
}

function longestZeroRun(groups: readonly number[]): [start: number, end: number] {
  let best: [number, number] = [0, 0]
  for (let start = 0; start < groups.length; start++) {
    let end = start
    while (groups[end] === 0) end++
    if (end - start > best[1] - best[0]) best = [start, end]
    start = end
  }
  return best
}
