import { describe, expect, it } from 'vitest'
import { contains, formatPrefix, overlaps } from '../../src/address.ts'
import { networkAround, parseNetwork, slotAddress, slotsIn } from '../../src/profile/network.ts'

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
    expect(network && formatPrefix(network)).toBe(around)
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
  )('%s and %s overlap: %s, the first holds the second: %s', (a, b, meet, holds) => {
    expect(String(overlaps(networkOf(a), networkOf(b)))).toBe(meet)
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
