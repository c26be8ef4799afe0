import { expect, test } from 'vitest'
import { originRules } from '../../src/net/link-origins.ts'
import { renderRule } from '../../src/net/nft/ruleset.ts'

const ends = { name: 'x-ce', local: '2001:db8::1', remote: '2001:db8::22', mtu: 1420 }

test('each VXLAN network has its one far end, address and family, whatever port others have', () => {
  const link = { kind: 'vxlan', id: 77, port: 4790, ...ends } as const
  expect(originRules([link]).map(renderRule)).toEqual([
    'meta nfproto ipv4 udp dport 4790 @th,96,24 77 counter drop',
    'udp dport 4790 @th,96,24 77 ip6 saddr != 2001:db8::22 counter drop',
    'udp dport 4790 @th,96,24 77 ip6 daddr != 2001:db8::1 counter drop',
    'udp dport 4790 @th,96,24 77 fib saddr . iif oif missing counter drop',
  ])
})

test('of GRE the kernel asks for the addresses, and the way is asked for here', () => {
  const link = { kind: 'gre', key: 1, ...ends } as const
  expect(originRules([link]).map(renderRule)).toEqual([
    'ip6 saddr 2001:db8::22 ip6 daddr 2001:db8::1 meta l4proto 47 fib saddr . iif oif missing counter drop',
  ])
})
