import type { Family } from '../../address.ts'
import type { Match } from '../../net/nft/firewall.ts'

/** The matches of an allow-list: one for each protocol that it names, and none at all for `any`. */
export function trafficMatches(list: 'any' | readonly string[], family: Family): Match[][] {
  if (list === 'any') return [[]]
  const parts = list.map((entry) => entry.split('/'))
  const ports = (protocol: string) =>
    parts.flatMap(([name, port]) => (name === protocol && port !== undefined ? [port] : []))
  return [
    ...(['tcp', 'udp'] as const).flatMap((protocol): Match[][] => {
      const wanted = ports(protocol)
      return wanted.length === 0 ? [] : [[{ on: `${protocol} dport`, in: wanted }]]
    }),
    ...(list.includes('icmp') ? [[echo[family]]] : []),
  ]
}

/** What a ping asks; errors and answers belong to connections that stand. */
const echo: Readonly<Record<Family, Match>> = {
  ipv4: { on: 'icmp type', in: ['echo-request'] },
  ipv6: { on: 'icmpv6 type', in: ['echo-request'] },
}
