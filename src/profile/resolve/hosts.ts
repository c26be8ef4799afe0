import { parseAddress } from '../../address.ts'
import type { Origin, Sourced } from '../origin.ts'

/** A line of /etc/hosts: an address, its canonical name, its other names. */
export interface HostLine {
  address: string
  names: string[]
}

/** One address of a name; rank and place say which of an address's names comes first. */
export interface HostEntry {
  address: string
  name: string
  rank: number
  place: number
}

/** A name in a later layer replaces all its addresses of earlier ones. */
export type HostsByName = ReadonlyMap<string, readonly Sourced<HostEntry>[]>

interface HostsSource {
  hosts: Readonly<Record<string, readonly string[]>>
  rank: number
  originOf(address: string): Origin
}

export function readHosts({ hosts, rank, originOf }: HostsSource): HostsByName {
  const entries = Object.entries(hosts).flatMap(([address, names]) =>
    names.map((name, place) => ({
      value: { address, name, rank, place },
      origin: originOf(address),
    })),
  )
  return Map.groupBy(entries, (entry) => entry.value.name.toLowerCase())
}

/** One line an address, in the order of addresses. */
export function hostLines(hosts: HostsByName): Sourced<HostLine>[] {
  const byAddress = Map.groupBy([...hosts.values()].flat(), (entry) => entry.value.address)
  return [...byAddress].sort(([a], [b]) => compareAddresses(a, b)).map(toLine)
}

function toLine([address, entries]: [string, Sourced<HostEntry>[]]): Sourced<HostLine> {
  const [first, ...more] = entries.sort((a, b) => compareEntries(a.value, b.value))
  if (first === undefined) throw new Error('a group has at least one member')
  const names = [first, ...more].map((entry) => entry.value.name)
  return { value: { address, names }, origin: first.origin }
}

function compareEntries(a: HostEntry, b: HostEntry): number {
  return a.rank - b.rank || a.place - b.place || compareText(a.name, b.name)
}

function compareAddresses(a: string, b: string): number {
  const [one, other] = [parseAddress(a), parseAddress(b)]
  if (one === undefined || other === undefined) return compareText(a, b)
  return Number(one.value - other.value) || compareText(a, b)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
