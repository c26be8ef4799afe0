import { expect, test } from 'vitest'
import { parseRange, takesZstd } from '../../../src/server/releases/range.ts'

const part = (start: number, end: number) => ({ start, end })

test.each([
  [undefined, 'whole'],
  ['bytes=0-', part(0, 99)],
  ['bytes=0-0', part(0, 0)],
  ['bytes=10-19', part(10, 19)],
  ['BYTES=99-', part(99, 99)],
  ['bytes=90-1000', part(90, 99)],
  ['bytes=-10', part(90, 99)],
  ['bytes=-1000', part(0, 99)],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=100-200', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=-', 'whole'],
  ['bytes=20-10', 'whole'],
  ['bytes=0-1,5-6', 'whole'],
  ['bytes= 0-1', 'whole'],
  ['bytes=0x1-2', 'whole'],
  ['bytes=-1-2', 'whole'],
  ['bytes=9999999999999999-', 'whole'],
  ['lines=0-1', 'whole'],
  ['0-1', 'whole'],
])('range %j of a hundred bytes', (field, wanted) => {
  expect(parseRange(field, 100)).toEqual(wanted)
})

test.each([
  ['zstd', true],
  ['gzip, ZSTD', true],
  ['zstd;q=0.1, gzip', true],
  ['zstd;q=1.0', true],
  ['', false],
  ['gzip', false],
  ['*', false],
  ['zstd;q=0', false],
  ['gzip, zstd; q=0.000', false],
  ['xzstd', false],
])('accepting %j takes zstd: %s', (field, wanted) => {
  expect(takesZstd(field)).toBe(wanted)
})
