import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeHello, encodeHello } from '../../src/protocol/hello.ts'

const hello = { count: 7, rung: 'udp-1', mtu: 1380 }
const datagram = (over: object) => Buffer.from(JSON.stringify({ dynfarm: 1, ...hello, ...over }))

describe('a hello', () => {
  test('says what was said', () => {
    expect(decodeHello(encodeHello(hello))).toEqual(hello)
    expect(encodeHello({ ...hello, count: Number.MAX_SAFE_INTEGER }).length).toBeLessThan(100)
  })

  test.each([
    ['another version', datagram({ dynfarm: 2 })],
    ['no count', datagram({ count: undefined })],
    ['a count below zero', datagram({ count: -1 })],
    ['half a count', datagram({ count: 1.5 })],
    ['a count beyond counting', datagram({ count: 2 ** 53 })],
    ['an MTU that is none', datagram({ mtu: 575 })],
    ['an MTU as text', datagram({ mtu: '1400' })],
    ['a rung that is no name', datagram({ rung: '../udp' })],
    ['a rung of too many letters', datagram({ rung: 'a'.repeat(12) })],
    ['more than fits', datagram({ padding: 'x'.repeat(200) })],
    ['a list', Buffer.from('[1]')],
    ['nothing', Buffer.alloc(0)],
  ])('is none with %s', (_what, bytes) => {
    expect(decodeHello(bytes)).toBeUndefined()
  })

  test('is never more than three good fields, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const decoded = decodeHello(bytes)
        if (decoded !== undefined) expect(Object.keys(decoded)).toEqual(['count', 'rung', 'mtu'])
      }),
    )
  })
})
