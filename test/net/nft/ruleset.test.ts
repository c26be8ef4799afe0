import { describe, expect, it } from 'vitest'
import type { FirewallRule } from '../../../src/net/nft/firewall.ts'
import { renderFirewall, renderRule } from '../../../src/net/nft/ruleset.ts'

const rules: [FirewallRule, string][] = [
  [{ actions: ['drop'] }, 'drop'],
  [
    { match: [{ on: 'iifname', in: ['wg0', 't1'] }], actions: ['counter', 'accept'] },
    'iifname { "t1", "wg0" } counter accept',
  ],
  [
    { match: [{ on: 'oifname', in: ['wg0'], not: true }], actions: ['return'] },
    'oifname != "wg0" return',
  ],
  [{ match: [{ on: 'ip saddr', in: '@nodes' }], actions: ['accept'] }, 'ip saddr @nodes accept'],
  [
    {
      match: [{ on: 'ip daddr', in: ['10.0.0.128/25', '10.0.0.0/25', '10.0.0.7'] }],
      actions: ['drop'],
    },
    'ip daddr 10.0.0.0/24 drop',
  ],
  [
    { match: [{ on: 'ip6 daddr', in: ['FD00::0002', 'fd00::1'] }], actions: ['drop'] },
    'ip6 daddr fd00::1-fd00::2 drop',
  ],
  [
    { match: [{ on: 'tcp dport', in: [9618, '80-90', 85, 91] }], actions: ['accept'] },
    'tcp dport { 80-91, 9618 } accept',
  ],
  [
    { match: [{ on: 'meta l4proto', in: ['gre', 6] }], actions: ['accept'] },
    'meta l4proto { 47, 6 } accept',
  ],
  [
    { match: [{ on: 'ct state', in: ['related', 'established'] }], actions: ['accept'] },
    'ct state established,related accept',
  ],
  [
    {
      match: [
        { on: 'ct direction', in: ['reply'] },
        { on: 'ct mark', in: [4_294_967_295] },
      ],
      actions: [{ mark: 7 }, 'accept'],
    },
    'ct direction reply ct mark 4294967295 ct mark set 7 accept',
  ],
  [
    { match: [{ on: 'icmpv6 type', in: ['packet-too-big'] }], actions: ['accept'] },
    'icmpv6 type packet-too-big accept',
  ],
  [
    { match: [{ on: 'meta nfproto', in: ['ipv6'] }], actions: ['reject'] },
    'meta nfproto ipv6 reject with icmpx type admin-prohibited',
  ],
  [{ actions: [{ log: 'dynfarm flow ', group: 5 }] }, 'log prefix "dynfarm flow " group 5'],
  [{ actions: [{ jump: 'site-aruba' }], comment: 'by site' }, 'jump site-aruba comment "by site"'],
  [{ actions: [{ goto: 'nodes' }] }, 'goto nodes'],
  [
    { actions: [{ connections: 'busy', per: 'ip6 saddr', over: 50 }, 'drop'] },
    'add @busy { ip6 saddr ct count over 50 } drop',
  ],
  [
    { actions: [{ clampMss: 'path' }] },
    'tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu',
  ],
  [
    { actions: [{ clampMss: 1340 }] },
    'tcp flags & (syn | rst) == syn tcp option maxseg size set 1340',
  ],
  [
    { match: [{ on: 'oifname', in: ['eth0'] }], actions: ['masquerade'] },
    'oifname "eth0" masquerade',
  ],
]

describe('a rule', () => {
  it.each(rules)('%j', (rule, text) => {
    expect(renderRule(rule)).toBe(text)
  })

  it.each<[string, FirewallRule]>([
    [
      'a match on "iifname" with nothing to match',
      { match: [{ on: 'iifname', in: [] }], actions: [] },
    ],
    [
      'not of type ipv4_addr: "fd00::1"',
      { match: [{ on: 'ip saddr', in: ['fd00::1'] }], actions: [] },
    ],
    [
      'not of type ipv4_addr: "10.0.0.9-10.0.0.1"',
      { match: [{ on: 'ip saddr', in: ['10.0.0.9-10.0.0.1'] }], actions: [] },
    ],
    [
      'not of type inet_service: "65536"',
      { match: [{ on: 'tcp dport', in: [65536] }], actions: [] },
    ],
    [
      'not of type inet_service: "http"',
      { match: [{ on: 'tcp dport', in: ['http'] }], actions: [] },
    ],
    ['not a whole number', { match: [{ on: 'meta l4proto', in: ['sctp; drop'] }], actions: [] }],
    ['not an identifier: "x }"', { match: [{ on: 'ip saddr', in: '@x }' }], actions: [] }],
    [
      'not an identifier: "new; accept"',
      { match: [{ on: 'ct state', in: ['new; accept'] }], actions: [] },
    ],
    [
      'not a device name: "a" accept"',
      { match: [{ on: 'iifname', in: ['a" accept'] }], actions: [] },
    ],
    ['not for nft: "a\\"b"', { actions: [{ log: 'a"b' }] }],
    ['not for nft: "a\\nb"', { actions: ['drop'], comment: 'a\nb' }],
  ])('%s', (message, rule) => {
    expect(() => renderRule(rule)).toThrow(message)
  })
})

it('a set has its elements in the one spelling', () => {
  const { sets } = renderFirewall({
    sets: [
      {
        name: 'nets',
        type: 'ipv6_addr',
        interval: true,
        elements: ['FD00::5/64', 'fd01::0-fd01::ffff'],
      },
      { name: 'ports', type: 'inet_service', interval: true, elements: ['80-80', 443] },
      { name: 'busy', type: 'ipv4_addr', dynamic: 1000 },
    ],
    chains: [],
  })
  expect([...sets].map(([name, { spec, elements }]) => [name, spec, ...elements])).toEqual([
    ['nets', 'type ipv6_addr; flags interval;', 'fd00::/64', 'fd01::/112'],
    ['ports', 'type inet_service; flags interval;', '80', '443'],
    ['busy', 'type ipv4_addr; size 1000; flags dynamic;'],
  ])
})
