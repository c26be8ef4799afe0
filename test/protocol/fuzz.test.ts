import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decode } from '../../src/protocol/decode.ts'
import { arbitraryOf, spoilt } from './arbitrary.ts'
import { messages } from './schemas.ts'

const runs = { numRuns: 10 }

describe.each(messages)('a %s', (_, schema) => {
  it('is taken when it is as its schema says, and then is the same for ever', () => {
    fc.assert(
      fc.property(arbitraryOf(schema), (message) => {
        const once = decode(schema, message)
        expect(once).toHaveProperty('value')
        if ('value' in once) expect(decode(schema, once.value)).toStrictEqual(once)
      }),
      runs,
    )
  })

  it('is never stumbled over, however it was spoilt', () => {
    fc.assert(
      fc.property(arbitraryOf(schema), fc.jsonValue(), fc.nat(), (message, junk, at) => {
        const decoded = decode(schema, spoilt(message, junk, at))
        if ('fault' in decoded) expect(decoded.fault.what).toMatch(/^(is|has) /)
      }),
      runs,
    )
  })

  it('is never stumbled over, whatever it is', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (message) => {
        expect(Object.keys(decode(schema, message))).toHaveLength(1)
      }),
      runs,
    )
  })
})
