import { expect, test } from 'vitest'
import { gaugeOf, Pace } from '../../src/stream/pace.ts'

test('after a rest a little goes at once, then all waits for the rate', () => {
  let now = 1000
  const pace = new Pace(8_000_000, () => now)
  // A thousand bytes a millisecond.
  expect(pace.delay(20_000)).toBe(0)
  expect(pace.delay(10_000)).toBe(10)
  expect(pace.delay(10_000)).toBe(20)
  now += 20
  expect(pace.delay(1000)).toBe(1)
  now += 60_000
  expect(pace.delay(30_000)).toBe(10)
})

test('what is counted is all of it, and without a limit nothing waits', () => {
  let count = 0
  const gauge = gaugeOf((bytes) => {
    count += bytes
  }, [])
  expect(gauge(1e9)).toBeUndefined()
  expect(gauge(1)).toBeUndefined()
  expect(count).toBe(1e9 + 1)
})
