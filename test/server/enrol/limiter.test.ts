import { expect, test } from 'vitest'
import { makeLimiter } from '../../../src/server/enrol/limiter.ts'
import { sourceKey } from '../../../src/server/enrol/limits.ts'

test('a bucket empties, fills by time, and no more than it holds', () => {
  const { take } = makeLimiter({ burst: 2, everyMs: 10_000 })
  expect([take('a', 0), take('a', 0), take('a', 0), take('b', 0)]).toEqual([0, 0, 10, 0])
  expect([take('a', 5_000), take('a', 10_000), take('a', 10_000)]).toEqual([5, 0, 10])
  expect([1, 2, 3].map(() => take('a', 1_000_000))).toEqual([0, 0, 10])
})

test('a clock that goes back fills nothing', () => {
  const { take } = makeLimiter({ burst: 1, everyMs: 10_000 })
  expect([take('a', 50_000), take('a', 0), take('a', 9_999)]).toEqual([0, 10, 1])
})

test('memory is bounded: of many keys, those that were quiet longest begin anew', () => {
  const { take } = makeLimiter({ burst: 1, everyMs: 10_000 })
  take('first', 0)
  for (let n = 0; n < 9_999; n++) take(`k${n}`, 0)
  expect(take('first', 0)).toBe(10)
  for (let n = 0; n < 10_000; n++) take(`l${n}`, 0)
  expect(take('first', 0)).toBe(0)
})

test('an IPv6 source is its network', () => {
  expect(sourceKey('192.0.2.1')).toBe('192.0.2.1')
  expect(sourceKey('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2::/64')
})
