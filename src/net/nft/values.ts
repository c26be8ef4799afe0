import {
  bitsOf,
  canonicalAddress,
  type Family,
  familyOf,
  formatAddress,
  formatPrefix,
  lastOf,
  network,
  parseAddress,
  parsePrefix,
} from '../../address.ts'
import { deviceName, identifier, wholeNumber } from '../names.ts'
import { flowTypes, type Selector, type SetType } from './firewall.ts'

export type ValueKind = SetType | 'word' | 'protocol'

export type Value = string | number

const kinds: Partial<Record<Selector, ValueKind>> = {
  iifname: 'ifname',
  oifname: 'ifname',
  'ip saddr': 'ipv4_addr',
  'ip daddr': 'ipv4_addr',
  'ip6 saddr': 'ipv6_addr',
  'ip6 daddr': 'ipv6_addr',
  'tcp dport': 'inet_service',
  'tcp sport': 'inet_service',
  'udp dport': 'inet_service',
  'udp sport': 'inet_service',
  'meta l4proto': 'protocol',
}

export function kindOf(selector: Selector): ValueKind {
  return kinds[selector] ?? 'word'
}

/** One element in the spelling that nft itself lists. */
export function canonicalValue(kind: ValueKind, value: Value): string {
  switch (kind) {
    case 'ifname':
      return `"${deviceName(String(value))}"`
    case 'protocol':
      return String(protocolNumber(value))
    case 'word':
      return word(String(value))
    case flowTypes.ipv4:
    case flowTypes.ipv6:
      throw new Error('only the kernel fills a set of flows')
    default:
      return formatInterval(kind, parseInterval(kind, String(value)))
  }
}

/** The values of one match as nft keeps them: intervals merged, in a fixed order, none twice. */
export function canonicalValues(kind: ValueKind, values: readonly Value[]): string[] {
  const texts =
    kind === 'ipv4_addr' || kind === 'ipv6_addr' || kind === 'inet_service'
      ? merged(values.map((value) => parseInterval(kind, String(value)))).map((interval) =>
          formatInterval(kind, interval),
        )
      : values.map((value) => canonicalValue(kind, value))
  return [...new Set(texts)].sort()
}

interface Interval {
  from: bigint
  to: bigint
}

type IntervalKind = 'ipv4_addr' | 'ipv6_addr' | 'inet_service'

function parseInterval(kind: IntervalKind, text: string): Interval {
  const interval = text.includes('/') ? parseNetwork(kind, text) : parseRange(kind, text)
  if (interval === undefined || interval.from > interval.to) {
    throw new Error(`not of type ${kind}: "${text}"`)
  }
  return interval
}

function parseNetwork(kind: IntervalKind, text: string): Interval | undefined {
  const prefix = parsePrefix(text)
  if (prefix === undefined || kind !== typeOf(prefix.family)) return undefined
  return { from: prefix.value, to: lastOf(prefix) }
}

function parseRange(kind: IntervalKind, text: string): Interval | undefined {
  const [first = '', last = first, ...rest] = text.split('-')
  const [from, to] = [parsePoint(kind, first), parsePoint(kind, last)]
  return from === undefined || to === undefined || rest.length > 0 ? undefined : { from, to }
}

function parsePoint(kind: IntervalKind, text: string): bigint | undefined {
  if (kind === 'inet_service') {
    return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? BigInt(text) : undefined
  }
  const address = parseAddress(text)
  return address !== undefined && typeOf(address.family) === kind ? address.value : undefined
}

function formatInterval(kind: IntervalKind, { from, to }: Interval): string {
  if (kind === 'inet_service') return from === to ? `${from}` : `${from}-${to}`
  const family = kind === 'ipv4_addr' ? 'ipv4' : 'ipv6'
  if (from === to) return formatAddress({ family, value: from })
  return formatAsPrefix(family, { from, to }) ?? formatAsRange(family, { from, to })
}

function formatAsPrefix(family: Family, { from, to }: Interval): string | undefined {
  const size = to - from + 1n
  const length = bitsOf(family) - (size.toString(2).length - 1)
  const prefix = network({ family, value: from }, length)
  return prefix.value === from && lastOf(prefix) === to ? formatPrefix(prefix) : undefined
}

function formatAsRange(family: Family, { from, to }: Interval): string {
  return `${formatAddress({ family, value: from })}-${formatAddress({ family, value: to })}`
}

function merged(intervals: readonly Interval[]): Interval[] {
  const sorted = [...intervals].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))
  const result: Interval[] = []
  for (const interval of sorted) {
    const last = result.at(-1)
    if (last === undefined || interval.from > last.to + 1n) result.push({ ...interval })
    else if (interval.to > last.to) last.to = interval.to
  }
  return result
}

function typeOf(family: Family): SetType {
  return family === 'ipv4' ? 'ipv4_addr' : 'ipv6_addr'
}

/** By number: small systems have no /etc/protocols, and spellings differ. */
const protocols = new Map([
  ['icmp', 1],
  ['tcp', 6],
  ['udp', 17],
  ['gre', 47],
  ['esp', 50],
  ['icmpv6', 58],
  ['ipv6-icmp', 58],
])

function protocolNumber(value: Value): number {
  const number = protocols.get(String(value)) ?? Number(value)
  return wholeNumber(number)
}

function word(text: string): string {
  return /^\d+$/.test(text) ? text : identifier(text)
}

/** Plain addresses, the many, take the short way. */
export function canonicalElement(type: SetType, value: Value): string {
  const plain = typeof value === 'string' && /^[0-9a-f.:]+$/i.test(value)
  const address = plain && (type === 'ipv4_addr' || type === 'ipv6_addr')
  if (!address || typeOf(familyOf(value)) !== type) return canonicalValue(type, value)
  return canonicalAddress(value)
}
