import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseBase62, renderBase62 } from '../../src/pki/base62.ts'
import {
  createToken,
  hashSecret,
  matchesHash,
  parseToken,
  renderToken,
} from '../../src/pki/token.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const anyToken = fc
  .record({ id: bytes(8), secret: bytes(32), pin: bytes(32) })
  .map(({ id, secret, pin }) => ({
    id: renderBase62(id),
    secret: Buffer.from(secret),
    pin: Buffer.from(pin),
  }))
const digits = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz']
const text = renderToken(createToken(Buffer.alloc(32, 7)))

describe('a token', () => {
  it('is read back as it was written, and is always as long', () => {
    fc.assert(
      fc.property(anyToken, (token) => {
        const written = renderToken(token)
        expect(written).toMatch(/^dft[0-9A-Za-z]{103}$/)
        expect(parseToken(written)).toEqual(token)
      }),
    )
  })

  it('has the same text in every version', () => {
    const token = { id: 'LygHa16AHYF', secret: Buffer.alloc(32, 1), pin: Buffer.alloc(32, 255) }
    expect(renderToken(token)).toBe(
      'dftLygHa16AHYF0El6XFXwsUFD8J2vGxsaboW7rZYnQRBP5d9erwRwd29yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp12uoJgo',
    )
  })

  it('is another one every time, with the pin it was given', () => {
    const [one, other] = [createToken(Buffer.alloc(32, 7)), createToken(Buffer.alloc(32, 7))]
    expect(one.id).not.toBe(other.id)
    expect(one.secret.equals(other.secret)).toBe(false)
    expect(one.pin).toEqual(Buffer.alloc(32, 7))
  })

  it('is refused after every change of one character', () => {
    for (let at = 0; at < text.length; at++) {
      for (const digit of [...digits, ' ', '-', 'é']) {
        if (digit === text[at]) continue
        const changed = text.slice(0, at) + digit + text.slice(at + 1)
        expect(() => parseToken(changed)).toThrow(/token/)
      }
    }
  })

  it('is refused after every swap of neighbours, and when one character is lost or doubled', () => {
    for (let at = 0; at < text.length - 1; at++) {
      const [before, a = '', b = '', after] = [
        ...[text.slice(0, at), text[at], text[at + 1]],
        text.slice(at + 2),
      ]
      const wrong = [before + b + a + after, before + b + after, before + a + a + b + after]
      for (const changed of wrong.filter((one) => one !== text)) {
        expect(() => parseToken(changed)).toThrow(/token/)
      }
    }
  })

  it('never shows itself in what is said of it', () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), (at) => {
        const changed = `${text.slice(0, at)}!${text.slice(at + 1)}`
        expect(() => parseToken(changed)).toThrow(
          expect.not.objectContaining({
            message: expect.stringContaining(changed.slice(20, 40)),
          }),
        )
      }),
    )
  })

  it.each([
    ['', 'a token begins with "dft"'],
    ['DFT', 'a token begins with "dft"'],
    [text.slice(0, -1), 'the token has 105 characters, and should have 106'],
    [`${text}\n`, 'the token has 107 characters, and should have 106'],
    [text.toLowerCase(), 'the token is mistyped: its checksum does not fit'],
    [`dft${'z'.repeat(103)}`, 'the token is mistyped: its checksum does not fit'],
  ])('given as %j: %s', (given, message) => {
    expect(() => parseToken(given)).toThrow(
      expect.objectContaining({ code: 'token-mistyped', exit: 64, message }),
    )
  })

  it.each([
    ['id', 3, 'LygHa16AHYG'],
    ['secret', 14, 'z'.repeat(43)],
    ['pin', 57, 'z'.repeat(43)],
  ])('with a number too large for its %s is refused, though its checksum fits', (_, at, field) => {
    const body = text.slice(0, at) + field + text.slice(at + field.length, 100)
    const checksum = Buffer.alloc(4)
    checksum.writeUInt32BE(crc32(body))
    expect(() => parseToken(body + renderBase62(checksum))).toThrow('mistyped')
  })

  it('is refused, not stumbled over, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'grapheme' }),
          fc.string().map((s) => `dft${s}`),
        ),
        (given) => {
          expect(() => parseToken(given)).toThrow(
            expect.objectContaining({ code: 'token-mistyped' }),
          )
        },
      ),
    )
  })
})

describe('base62', () => {
  it('has one spelling for every value', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...digits), minLength: 11, maxLength: 11 }),
        (spelling) => {
          const value = parseBase62(spelling, 8)
          if (value !== undefined) expect(renderBase62(value)).toBe(spelling)
        },
      ),
    )
  })

  it('ends at the largest value', () => {
    const largest = renderBase62(Buffer.alloc(4, 255))
    expect(largest).toBe('4gfFC3')
    expect(parseBase62('4gfFC3', 4)).toEqual(Buffer.alloc(4, 255))
    expect(parseBase62('4gfFC4', 4)).toBeUndefined()
    expect(parseBase62('04gfFC3', 4)).toBeUndefined()
  })
})

describe('a secret', () => {
  const secret = Buffer.alloc(32, 3)

  it('is known by its SHA-256', () => {
    expect(hashSecret(secret)).toBe(
      '648aa5c579fb30f38af744d97d6ec840c7a91277a499a0d780f3e7314eca090b',
    )
    expect(matchesHash(secret, hashSecret(secret))).toBe(true)
    expect(matchesHash(Buffer.alloc(32, 4), hashSecret(secret))).toBe(false)
  })

  it.each(['', 'ab', 'not hexadecimal', hashSecret(secret).slice(2)])(
    'does not match the damaged hash %j',
    (hash) => {
      expect(matchesHash(secret, hash)).toBe(false)
    },
  )
})
