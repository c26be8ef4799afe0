import type { Family } from '../../address.ts'

/** One line of a firewall ticket: who opens what towards whom. Answers are part of it. */
export interface Flow {
  /** An address, a network, a host name, or `any`. */
  source: string
  destination: string
  /** gre is IP protocol 47, which has no ports. */
  protocol: 'tcp' | 'udp' | 'gre' | 'icmp' | 'icmpv6'
  /** One port, `FIRST-LAST`, or empty. */
  port: string
  why: string
}

export interface Ends {
  sources: readonly string[]
  destinations: readonly string[]
}

/** From each source to each destination that it has a family in common with. */
export function flowsBetween(
  { sources, destinations }: Ends,
  what: Pick<Flow, 'protocol' | 'port' | 'why'>,
): Flow[] {
  return destinations.flatMap((destination) =>
    sources
      .filter((source) => haveCommonFamily(source, destination))
      .map((source) => ({ source, destination, ...what })),
  )
}

/** Of a name, or of `any`, no family is known. */
function haveCommonFamily(one: string, other: string): boolean {
  const [a, b] = [familyOf(one), familyOf(other)]
  return a === undefined || b === undefined || a === b
}

export function familyOf(end: string): Family | undefined {
  if (end.includes(':')) return 'ipv6'
  return /^[0-9.]+(\/[0-9]+)?$/.test(end) ? 'ipv4' : undefined
}
