import { describe, expect, it } from 'vitest'
import { createLinkSecret, linkKey, parseLinkSecret } from '../../src/pki/link-key.ts'

const secret = parseLinkSecret(`${'00112233445566778899aabbccddeeff'.repeat(2)}\n`)

describe('the link secret', () => {
  it('is 32 random bytes as text, and is read back', () => {
    const text = createLinkSecret()
    expect(text).toMatch(/^[0-9a-f]{64}\n$/)
    expect(parseLinkSecret(text)).toHaveLength(32)
    expect(createLinkSecret()).not.toBe(text)
  })

  it.each(['', 'short', `${'0'.repeat(63)}g`, '0'.repeat(65)])(
    'is refused when it is %j',
    (text) => {
      expect(() => parseLinkSecret(text)).toThrow('the link secret is not 64 hexadecimal digits')
    },
  )
})

describe('a link key', () => {
  it.each([
    ['hub1', 'ce', 165_550_902],
    ['hub1', 'lsf', 680_744_284],
    ['hub2', 'ce', 440_838_046],
  ])('of %s to %s never changes between versions', (hub, service, key) => {
    expect(linkKey(secret, { hub, service })).toBe(key)
  })

  it('differs from link to link and from centre to centre, and fits 32 bits', () => {
    const keys = ['hub1', 'hub2'].flatMap((hub) =>
      ['ce', 'lsf', 'argus'].flatMap((service) =>
        [secret, parseLinkSecret(createLinkSecret())].map((of) => linkKey(of, { hub, service })),
      ),
    )
    expect(new Set(keys).size).toBe(12)
    expect(keys.every((key) => Number.isInteger(key) && key > 0 && key < 2 ** 32)).toBe(true)
  })
})
