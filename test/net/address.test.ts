import { isIP } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  canonicalAddress,
  canonicalPrefix,
  contains,
  formatAddress,
  nthAddress,
  overlaps,
  type Prefix,
  parseAddress,
  parsePrefix,
} from '../../src/address.ts'

function prefix(text: string): Prefix {
  const parsed = parsePrefix(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}

describe('canonicalAddress', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['1::2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['fd00::1:2:3', 'fd00::1:2:3'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalAddress(text)).toBe(canonical)
    expect(canonicalAddress(canonical)).toBe(canonical)
  })

  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '01.2.3.4',
    '1.2.3.256',
    '1.2.3.4 ',
    '1.2.3.4/32',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    '::1.2.3',
    '1.2.3.4::',
    'fe80::1%eth0',
    '::1\nlink del lo',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeUndefined()
    expect(() => canonicalAddress(text)).toThrow(/not an address/)
  })

  it('takes exactly what the platform takes for an address', () => {
    const group = fc.stringMatching(/^[0-9a-f]{0,4}$/)
    const text = fc.array(group, { maxLength: 9 }).map((groups) => groups.join(':'))
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), text), (address) => {
        expect(parseAddress(address) !== undefined).toBe(isIP(address) !== 0)
      }),
      { numRuns: 500 },
    )
  })

  it('is the same for every spelling of one value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
        const address = parseAddress(text)
        expect(address && formatAddress(address)).toBe(canonicalAddress(text))
        expect(parseAddress(canonicalAddress(text))).toEqual(address)
      }),
      { numRuns: 500 },
    )
  })
})

describe('canonicalPrefix', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3/32'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['255.255.255.255/1', '128.0.0.0/1'],
    ['FD00:0::5', 'fd00::5/128'],
    ['fd00::5/64', 'fd00::/64'],
    ['::/0', '::/0'],
  ])('%s is %s', (text, canonical) => {
    expect(canonicalPrefix(text)).toBe(canonical)
  })

  it.each(['10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/', '10.0.0.0/8/8', 'fd00::/129', '/8'])(
    'refuses %j',
    (text) => {
      expect(() => canonicalPrefix(text)).toThrow(/not a(n address| network)/)
    },
  )
})

describe('networks', () => {
  it.each([
    ['10.0.0.0/8', '10.255.255.255', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.1.0.0/16', '10.0.0.0/8', false],
    ['::/0', '10.0.0.1', false],
    ['fd00::/64', 'fd00::ffff:ffff:ffff:ffff', true],
    ['fd00::/64', 'fd00:0:0:1::', false],
  ])('%s contains %s: %s', (outer, inner, answer) => {
    expect(contains(prefix(outer), prefix(inner))).toBe(answer)
  })

  it('overlap when one contains the other', () => {
    expect(overlaps(prefix('10.1.0.0/16'), prefix('10.0.0.0/8'))).toBe(true)
    expect(overlaps(prefix('10.0.0.0/9'), prefix('10.128.0.0/9'))).toBe(false)
  })

  it.each([
    ['10.200.1.0/24', 0, '10.200.1.0'],
    ['10.200.1.0/24', 255, '10.200.1.255'],
    ['10.200.1.0/24', 256, undefined],
    ['10.200.1.0/24', -1, undefined],
    ['fd00::/64', 65536, 'fd00::1:0'],
  ])('%s has as number %s %s', (network, n, address) => {
    const nth = nthAddress(prefix(network), n)
    expect(nth && formatAddress(nth)).toBe(address)
  })
})
