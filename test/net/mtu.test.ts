import { describe, expect, it } from 'vitest'
import { greOverhead, linkMtu, maximumSegment, vxlanOverhead } from '../../src/net/mtu.ts'

describe('overhead', () => {
  it.each([
    ['gre over IPv4', greOverhead('ipv4', false), 24],
    ['keyed gre over IPv4', greOverhead('ipv4', true), 28],
    ['gre over IPv6', greOverhead('ipv6', false), 44],
    ['keyed gre over IPv6', greOverhead('ipv6', true), 48],
    ['vxlan over IPv4', vxlanOverhead('ipv4'), 50],
    ['vxlan over IPv6', vxlanOverhead('ipv6'), 70],
  ])('of %s', (_, overhead, expected) => {
    expect(overhead).toBe(expected)
  })
})

it('a link carries what its path leaves, and no more than the tunnel', () => {
  expect(linkMtu(1500, greOverhead('ipv4', true))).toBe(1472)
  expect(linkMtu(1500, greOverhead('ipv4', true), 1380)).toBe(1380)
  expect(linkMtu(9000, vxlanOverhead('ipv6'), 8900)).toBe(8900)
})

it('a segment leaves room for the headers', () => {
  expect(maximumSegment(1380, 'ipv4')).toBe(1340)
  expect(maximumSegment(1380, 'ipv6')).toBe(1320)
})
