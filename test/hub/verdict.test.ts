import { describe, expect, test } from 'vitest'
import { mirrored, remembered, verdictOf } from '../../src/hub/network/verdict.ts'
import type { FirewallRule } from '../../src/net/nft/firewall.ts'
import { renderRule } from '../../src/net/nft/ruleset.ts'

const way: FirewallRule = {
  match: [
    { on: 'iifname', in: '@tunnels' },
    { on: 'ip saddr', in: '@nodes4_aruba' },
    { on: 'oifname', in: ['gre-ce'] },
    { on: 'ip daddr', in: ['192.0.2.22'] },
    { on: 'tcp dport', in: ['9618'] },
  ],
  actions: ['accept'],
}
const answers = (on: FirewallRule['match']) =>
  renderRule(mirrored({ match: on ?? [], actions: [] }))

describe('the answer to what a rule lets through', () => {
  test('has its addresses and ports the other way round, and comes by any device', () => {
    expect(renderRule(mirrored(way))).toBe(
      'ip daddr @nodes4_aruba ip saddr 192.0.2.22 tcp sport 9618 accept',
    )
  })

  test('to a ping is a pong, of either family', () => {
    expect(answers([{ on: 'icmp type', in: ['echo-request'] }])).toBe('icmp type echo-reply')
    expect(answers([{ on: 'icmpv6 type', in: ['echo-request'] }])).toBe('icmpv6 type echo-reply')
  })

  test('keeps what is meant by "not"', () => {
    expect(answers([{ on: 'ip6 saddr', in: ['fd00::1'], not: true }])).toBe('ip6 daddr != fd00::1')
  })

  test('is nothing that would have to be guessed', () => {
    expect(() => mirrored({ match: [{ on: 'ct state', in: ['new'] }], actions: [] })).toThrow(
      'no answer is known to "ct state"',
    )
  })
})

describe('the mark of a list', () => {
  test('is one that fits, and never that of a connection without', () => {
    expect(verdictOf([way])).toBeGreaterThan(0)
    expect(verdictOf([way])).toBeLessThan(2 ** 32)
    expect(renderRule(remembered({ actions: ['accept'] }, 7))).toBe('ct mark set 7 accept')
  })

  test('is the same for the same list, and another one for any other', () => {
    const other = { ...way, match: [{ on: 'tcp dport', in: ['9619'] } as const] }
    expect(verdictOf([way])).toBe(verdictOf([structuredClone(way)]))
    expect(new Set([[], [way], [other], [way, other]].map(verdictOf)).size).toBe(4)
  })
})
