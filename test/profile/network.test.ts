import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  contains,
  formatAddress,
  formatNetwork,
  networkAround,
  overlap,
  parseAddress,
  parseNetwork,
  slotAddress,
  slotsIn,
} from '../../src/profile/network.ts'

const canonical = `
  192.0.2.1                      192.0.2.1
  0.0.0.0                        0.0.0.0
  2001:DB8::0:1                  2001:db8::1
  ::                             ::
  ::1                            ::1
  1::                            1::
  2001:db8:0:0:1:0:0:1           2001:db8::1:0:0:1
  2001:db8:0:1:1:1:1:1           2001:db8:0:1:1:1:1:1
  ::ffff:192.0.2.1               ::ffff:c000:201
  1:0:0:2:0:0:0:3                1:0:0:2::3
`

const notAddresses = [
  ...['', ' ', '1.2.3', '1.2.3.4.5', '1.2.3.256', '01.2.3.4', '1.2.3.4 ', '0x1.2.3.4', '1.2.3.-4'],
  ...[':', ':::', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', '12345::'],
  ...['fe80::1%eth0', '::1.2.3', '::1.2.3.4:5', 'g::', '1.2.3.4::'],
]

describe('an address', () => {
  it.each(rows(canonical))('%s is %s', (text, form) => {
    const address = parseAddress(text)
    expect(address && formatAddress(address)).toBe(form)
  })

  it.each(notAddresses)('"%s" is none', (text) => {
    expect(parseAddress(text)).toBeUndefined()
  })

  it('comes back from its text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(4 as const, 6 as const),
        fc.bigInt(0n, 2n ** 128n - 1n),
        (family, n) => {
          const address = { family, value: family === 4 ? n >> 96n : n }
          expect(parseAddress(formatAddress(address))).toEqual(address)
        },
      ),
    )
  })
})

describe('a network', () => {
  it.each(['10.200.0.1/16', '10.0.0.0', '10.0.0.0/33', '10.0.0.0/08', '10.0.0.0/', '::/129', '/8'])(
    '%s is none',
    (text) => expect(parseNetwork(text)).toBeUndefined(),
  )

  it.each(
    rows(`
      10.200.0.1/16           10.200.0.0/16
      2001:db8::1/64          2001:db8::/64
      1.2.3.4/0               0.0.0.0/0
      1.2.3.4/32              1.2.3.4/32
  `),
  )('around %s is %s', (text, around) => {
    const network = networkAround(text)
    expect(network && formatNetwork(network)).toBe(around)
  })

  it.each(
    rows(`
      10.0.0.0/24    254  10.0.0.1     10.0.0.254
      10.0.0.0/30    2    10.0.0.1     10.0.0.2
      10.0.0.0/31    0    -            -
      10.0.0.0/32    0    -            -
      2001:db8::/120 255  2001:db8::1  2001:db8::ff
  `),
  )('%s has %s slots from %s to %s', (text, slots, first, last) => {
    const network = networkOf(text)
    expect(slotsIn(network)).toBe(BigInt(slots))
    if (slots === '0') return
    expect([1, Number(slots)].map((slot) => slotAddress(network, slot))).toEqual([first, last])
  })

  it.each(
    rows(`
      10.0.0.0/8    10.1.0.0/16    true   true
      10.1.0.0/16   10.0.0.0/8     true   false
      10.0.0.0/16   10.1.0.0/16    false  false
      ::/0          10.0.0.0/8     false  false
  `),
  )('%s and %s overlap: %s, the first holds the second: %s', (a, b, overlaps, holds) => {
    expect(String(overlap(networkOf(a), networkOf(b)))).toBe(overlaps)
    expect(String(contains(networkOf(a), networkOf(b)))).toBe(holds)
  })
})

function networkOf(text: string) {
  const network = parseNetwork(text)
  if (network === undefined) throw new Error(`"${text}" is no network`)
  return network
}

function rows(table: string): [string, string, string, string][] {
  const lines = table.split('\n').filter((row) => row.trim() !== '')
  return lines.map((row) => row.trim().split(/\s+/) as [string, string, string, string])
}
