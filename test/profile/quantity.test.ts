import { describe, expect, it } from 'vitest'
import { parseDuration, parseRate, parseSize } from '../../src/profile/quantity.ts'

describe.each([
  [
    'a duration',
    parseDuration,
    { '10s': 10_000, '1.5h': 5_400_000, '500ms': 500, '5y': 157_680_000_000 },
  ],
  [
    'a rate',
    parseRate,
    { '500Mbit': 5e8, '20M': 2e7, '2.5G': 2.5e9, '100kbit': 1e5, '800bit': 800 },
  ],
  ['a size', parseSize, { '64KiB': 65_536, '1MiB': 1_048_576, '10B': 10 }],
])('%s', (_, parse, good) => {
  it.each(Object.entries(good))('%s is %d', (text, value) => expect(parse(text)).toBe(value))

  it.each([
    '',
    '10',
    '0s',
    '0M',
    '0B',
    '-1s',
    '1 s',
    '1e3s',
    's',
    '10S',
    '10 M',
    '9'.repeat(30),
    '٣s',
  ])('"%s" is none', (text) => expect(parse(text)).toBeUndefined())
})
