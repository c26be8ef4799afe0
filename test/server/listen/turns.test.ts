import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { makeTurns } from '../../../src/server/listen/turns.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Two at once; each says its name when it begins. */
function opened() {
  const begun: string[] = []
  const turns = makeTurns({ atOnce: 2, longestMs: 100 })
  const [first, second, third, fourth] = ['first', 'second', 'third', 'fourth'].map((name) =>
    turns.take('192.0.2.7', () => begun.push(name)),
  ) as [() => void, () => void, () => void, () => void]
  return { begun, turns, first, second, third, fourth }
}

describe('turns', () => {
  test('are had by so many at once', () => {
    expect(opened().begun).toEqual(['first', 'second'])
  })

  test('come in order, one for each that is over', () => {
    const { begun, second, third } = opened()
    second()
    expect(begun).toEqual(['first', 'second', 'third'])
    third()
    expect(begun).toEqual(['first', 'second', 'third', 'fourth'])
  })

  test('are over once, however often that is said', () => {
    const { begun, first } = opened()
    first()
    first()
    vi.advanceTimersByTime(99)
    expect(begun).toEqual(['first', 'second', 'third'])
  })

  test('are not had by who went before', () => {
    const { begun, first, second, third } = opened()
    third()
    expect(begun).toEqual(['first', 'second'])
    first()
    second()
    expect(begun).toEqual(['first', 'second', 'fourth'])
  })

  test('are not held for long by who is slow', () => {
    const { begun, first, second } = opened()
    vi.advanceTimersByTime(100)
    expect(begun).toEqual(['first', 'second', 'third', 'fourth'])
    first()
    second()
    expect(begun).toHaveLength(4)
  })

  test('go round: who waits with many keeps another source waiting for one of them', () => {
    const { begun, turns, first, second, third } = opened()
    turns.take('192.0.2.8', () => begun.push('other'))
    const gone = turns.take('192.0.2.9', () => begun.push('gone'))
    gone()
    first()
    second()
    expect(begun).toEqual(['first', 'second', 'third', 'other'])
    third()
    expect(begun.at(-1)).toBe('fourth')
  })
})
