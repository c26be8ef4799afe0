import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { withPatience } from '../../src/store/retry.ts'

vi.mock('node:timers/promises', () => ({
  setTimeout: async (milliseconds: number) => {
    pauses.push(milliseconds)
    vi.advanceTimersByTime(milliseconds)
  },
}))

let pauses: number[]
beforeEach(() => {
  pauses = []
  vi.useFakeTimers()
})
afterEach(() => vi.useRealTimers())

/** Fails so many times, each after so long. */
function failing(times: number, milliseconds = 0): () => Promise<number> {
  let tries = 0
  return async () => {
    tries += 1
    vi.advanceTimersByTime(milliseconds)
    if (tries <= times) throw new Error(`try ${tries}`)
    return tries
  }
}

test('pauses grow up to a second', async () => {
  expect(await withPatience(failing(6), () => true)).toBe(7)
  expect(pauses).toEqual([50, 100, 200, 400, 800, 1000])
})

test('ends, with the last failure, when it has lasted', async () => {
  await expect(withPatience(failing(1000), () => true)).rejects.toThrow('try 15')
})

test('what does not pass is thrown at once', async () => {
  await expect(withPatience(failing(1), () => false)).rejects.toThrow('try 1')
  expect(pauses).toEqual([])
})

test('a first try that took long is not the last', async () => {
  expect(await withPatience(failing(1, 60_000), () => true)).toBe(2)
})
