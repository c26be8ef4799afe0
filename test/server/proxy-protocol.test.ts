import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseProxyHeader } from '../../src/server/proxy-protocol.ts'

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1')

function binary(command: number, family: number, body: Buffer): Buffer {
  const head = Buffer.from([command, family, body.length >> 8, body.length & 255])
  return Buffer.concat([signature, head, body])
}

const tcp4 = Buffer.from([198, 51, 100, 7, 192, 0, 2, 1, 0xc3, 0x50, 0x20, 0xfb])
const tcp6 = Buffer.concat([
  Buffer.from('20010db8000000000000000000000007', 'hex'),
  Buffer.from('20010db8000000000000000000000001', 'hex'),
  Buffer.from([0xc3, 0x50, 0x20, 0xfb]),
])
const mapped = Buffer.concat([
  Buffer.from('00000000000000000000ffffc6336407', 'hex'),
  tcp6.subarray(16),
])

const heads: [what: string, bytes: Buffer, source: object | undefined][] = [
  [
    'IPv4',
    Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 50000 8443\r\n'),
    { address: '198.51.100.7', port: 50000 },
  ],
  [
    'IPv6',
    Buffer.from('PROXY TCP6 2001:DB8:0::7 2001:db8::1 50000 8443\r\n'),
    { address: '2001:db8::7', port: 50000 },
  ],
  [
    'mapped IPv4',
    Buffer.from('PROXY TCP6 ::ffff:198.51.100.7 ::1 0 65535\r\n'),
    { address: '198.51.100.7', port: 0 },
  ],
  ['nothing known', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
  ['nothing known, with more', Buffer.from('PROXY UNKNOWN ff:ff 1 2 x\r\n'), undefined],
  ['2, IPv4', binary(0x21, 0x11, tcp4), { address: '198.51.100.7', port: 50000 }],
  [
    '2, IPv4 and more',
    binary(0x21, 0x11, Buffer.concat([tcp4, Buffer.alloc(100)])),
    { address: '198.51.100.7', port: 50000 },
  ],
  ['2, IPv6', binary(0x21, 0x21, tcp6), { address: '2001:db8::7', port: 50000 }],
  ['2, mapped IPv4', binary(0x21, 0x21, mapped), { address: '198.51.100.7', port: 50000 }],
  ['2, local', binary(0x20, 0x11, tcp4), undefined],
  ['2, local and empty', binary(0x20, 0, Buffer.alloc(0)), undefined],
  ['2, no family', binary(0x21, 0, Buffer.alloc(0)), undefined],
  ['2, of a socket in the file system', binary(0x21, 0x31, Buffer.alloc(216)), undefined],
]

describe('a header', () => {
  test.each(heads)('of %s', (_what, bytes, source) => {
    const header = { kind: 'header', length: bytes.length, ...(source && { source }) }
    expect(parseProxyHeader(bytes)).toEqual(header)
    expect(parseProxyHeader(Buffer.concat([bytes, Buffer.from('\x16\x03\x01')]))).toEqual(header)
  })

  test.each(heads)('of %s is incomplete up to its last byte', (_what, bytes) => {
    for (let length = 0; length < bytes.length; length++)
      expect(parseProxyHeader(bytes.subarray(0, length))).toEqual({ kind: 'incomplete' })
  })
})

const garbage: [what: string, bytes: Buffer][] = [
  ['TLS', Buffer.from('\x16\x03\x01\x02\x00', 'latin1')],
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n')],
  ['lower case', Buffer.from('proxy TCP4 ')],
  ['another family', Buffer.from('PROXY UDP4 198.51.100.7 192.0.2.1 1 2\r\n')],
  ['an address of the other family', Buffer.from('PROXY TCP4 ::1 192.0.2.1 1 2\r\n')],
  ['a target of the other family', Buffer.from('PROXY TCP4 192.0.2.1 ::1 1 2\r\n')],
  ['an octet too large', Buffer.from('PROXY TCP4 198.51.100.256 192.0.2.1 1 2\r\n')],
  ['an octet with a zero before', Buffer.from('PROXY TCP4 198.51.100.07 192.0.2.1 1 2\r\n')],
  ['a port too large', Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 65536 2\r\n')],
  ['a port with a zero before', Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 01 2\r\n')],
  ['a port that is none', Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 1 x\r\n')],
  ['a field too few', Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 1\r\n')],
  ['a field too many', Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 1 2 3\r\n')],
  ['two spaces', Buffer.from('PROXY TCP4  198.51.100.7 192.0.2.1 1 2\r\n')],
  ['no end', Buffer.from(`PROXY TCP4 ${'1'.repeat(100)}`)],
  ['an end too late', Buffer.from(`PROXY UNKNOWN ${'x'.repeat(100)}\r\n`)],
  ['version 1 in binary', binary(0x11, 0x11, tcp4)],
  ['another command', binary(0x22, 0x11, tcp4)],
  ['addresses too short', binary(0x21, 0x11, tcp4.subarray(1))],
  ['addresses of IPv6 too short', binary(0x21, 0x21, tcp6.subarray(1))],
  ['more than any balancer says', binary(0x21, 0x11, Buffer.alloc(4081))],
]

test.each(garbage)('%s is no header', (_what, bytes) => {
  expect(parseProxyHeader(bytes)).toEqual({ kind: 'garbage' })
})

test('any bytes give one of three answers, and more of them change none but "incomplete"', () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(...heads.map(([, bytes]) => bytes), ...garbage.map(([, bytes]) => bytes)),
    fc.constantFrom(signature, Buffer.from('PROXY TCP4 '), Buffer.from('\r\n')),
  )
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 4 }),
      fc.uint8Array(),
      fc.nat(),
      (pieces, more, cut) => {
        const whole = Buffer.concat([...pieces, more])
        const bytes = whole.subarray(0, cut % (whole.length + 1))
        const before = parseProxyHeader(bytes)
        if (before.kind === 'header') expect(before.length).toBeLessThanOrEqual(bytes.length)
        if (before.kind !== 'incomplete') expect(parseProxyHeader(whole)).toEqual(before)
      },
    ),
    { numRuns: 2000 },
  )
})
