import { describe, expect, test } from 'vitest'
import { makePlaces } from '../../src/server/listen/places.ts'
import { isWithin, neighbourhood, peerAddress } from '../../src/server/peer.ts'

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['::192.0.2.1', '::c000:201'],
  ['2001:DB8::0:1', '2001:db8::1'],
  ['fe80::1%eth0', 'fe80::1'],
  ['', undefined],
  ['unix', undefined],
])('the peer %j is %j', (text, address) => {
  expect(peerAddress(text)).toBe(address)
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::'],
])('%s counts as %s', (address, one) => {
  expect(neighbourhood(address)).toBe(one)
})

test.each([
  ['192.0.2.1', ['192.0.2.0/24'], true],
  ['192.0.3.1', ['192.0.2.0/24', '2001:db8::/32'], false],
  ['2001:db8::1', ['192.0.2.0/24', '2001:db8::/32'], true],
  ['192.0.2.1', [], false],
])('%s within %j: %s', (address, networks, expected) => {
  expect(isWithin(address, networks)).toBe(expected)
})

describe('the places of a listener', () => {
  const fill = (limit: number, sources: readonly string[]) => {
    const places = makePlaces(() => limit)
    const taken = sources.map((source) => {
      const place = places.take()
      const isIn = place?.nameSource(source) ?? false
      if (!isIn) place?.leave()
      return { isIn, leave: () => place?.leave() }
    })
    return { places, taken, count: taken.filter(({ isIn }) => isIn).length }
  }
  const many = (address: string, count: number) => Array<string>(count).fill(address)

  test('are nearly all for one source that asks for them', () => {
    expect(fill(4096, many('192.0.2.1', 5000)).count).toBe(3584)
  })

  test('are never all taken by one source', () => {
    const { count } = fill(4096, [...many('192.0.2.1', 5000), ...many('192.0.2.2', 1000)])
    expect(count).toBe(3584 + 64)
  })

  test('are for one source at least where there are few', () => {
    expect(fill(8, [...many('192.0.2.1', 20), '192.0.2.2']).count).toBe(8)
  })

  test('count a network of IPv6 as one source', () => {
    const sources = Array.from({ length: 5000 }, (_, i) => `2001:db8::${(i + 1).toString(16)}`)
    expect(fill(4096, sources).count).toBe(3584)
  })

  test('are no more than there are', () => {
    const sources = Array.from({ length: 40 }, (_, i) => `192.0.2.${i}`)
    const { count, places } = fill(16, sources)
    expect([count, places.taken]).toEqual([16, 16])
  })

  test('are free again once, however often they are left', () => {
    const { places, taken } = fill(16, many('192.0.2.1', 14))
    for (const { leave } of taken.slice(0, 7)) leave()
    for (const { leave } of taken.slice(0, 7)) leave()
    expect(places.taken).toBe(7)
    expect(places.take()?.nameSource('192.0.2.1')).toBe(true)
  })
})
