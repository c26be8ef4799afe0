import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatAddress, parseAddress } from '../src/address.ts'

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
        fc.constantFrom('ipv4' as const, 'ipv6' as const),
        fc.bigInt(0n, 2n ** 128n - 1n),
        (family, n) => {
          const address = { family, value: family === 'ipv4' ? n >> 96n : n }
          expect(parseAddress(formatAddress(address))).toEqual(address)
        },
      ),
    )
  })
})

function rows(table: string): [string, string, string, string][] {
  const lines = table.split('\n').filter((row) => row.trim() !== '')
  return lines.map((row) => row.trim().split(/\s+/) as [string, string, string, string])
}
