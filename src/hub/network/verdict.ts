import { createHash } from 'node:crypto'
import type { FirewallRule, Match, Selector } from '../../net/nft/firewall.ts'

/*
 * A connection that was let through bears the mark of the list that let it through, and goes on by that alone. When
 * the list becomes another one each connection is judged again by its next packet, from either side: so what is no
 * longer allowed ends, and of everything else nothing is lost.
 */

/** The chain for answers of connections whose mark is not that of the list. */
export const answered = 'answered'

/** The number of a list of rules; whoever is named in their sets may come and go. 0 is what no connection was given. */
export function verdictOf(allowed: readonly FirewallRule[]): number {
  const hash = createHash('sha256').update(JSON.stringify(allowed)).digest()
  return Math.max(1, hash.readUInt32BE())
}

export function remembered(rule: FirewallRule, verdict: number): FirewallRule {
  return { ...rule, actions: [{ mark: verdict }, ...rule.actions] }
}

/** What answers the packets of a rule, by whatever way they come: services may send by another hub than they hear by. */
export function mirrored({ match = [], ...rule }: FirewallRule): FirewallRule {
  return { ...rule, match: match.flatMap(mirroredMatch) }
}

function mirroredMatch({ on, in: values, ...match }: Match): Match[] {
  if (on === 'iifname' || on === 'oifname') return []
  if (on === 'icmp type' || on === 'icmpv6 type') return [{ on, in: ['echo-reply'] }]
  const other = otherSide[on]
  if (other === undefined) throw new Error(`no answer is known to "${on}"`)
  return [{ ...match, on: other, in: values }]
}

const otherSide: Partial<Record<Selector, Selector>> = {
  'ip saddr': 'ip daddr',
  'ip daddr': 'ip saddr',
  'ip6 saddr': 'ip6 daddr',
  'ip6 daddr': 'ip6 saddr',
  'tcp dport': 'tcp sport',
  'udp dport': 'udp sport',
}
