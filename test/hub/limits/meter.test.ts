import { describe, expect, test } from 'vitest'
import { type Look, Meter } from '../../../src/hub/limits/meter.ts'

const node = '10.200.1.1'
const look = (at: number, counts: [number, number, number][], id = 3): Look => ({
  at: at * 1000,
  counts: new Map(counts.map(([id, bytes, dropped]) => [id, { bytes, dropped }])),
  classes: new Map([[node, id]]),
})

function meterOf(...looks: Look[]): Meter {
  const meter = new Meter()
  for (const one of looks) meter.look(one)
  return meter
}

describe('a meter', () => {
  test('has peak, average and what was dropped, of the site and of a node', () => {
    const meter = meterOf(
      look(0, [
        [1, 5000, 0],
        [3, 5000, 7],
      ]),
      look(5, [
        [1, 10_000, 0],
        [3, 9000, 9],
      ]),
      look(10, [
        [1, 10_000, 0],
        [3, 9000, 9],
        [4, 0, 4],
      ]),
    )
    expect(meter.ofAll()).toEqual({ peak: 8000, average: 4000, dropped: 6 })
    expect(meter.ofNode(node)).toEqual({ peak: 6400, average: 3200, dropped: 2 })
    expect(meter.ofNode('10.200.1.2')).toEqual({ peak: 0, average: 0, dropped: 0 })
  })

  test('says nothing of what was before its first look', () => {
    const figures = { peak: 0, average: 0, dropped: 0 }
    expect(meterOf().ofAll()).toEqual(figures)
    expect(meterOf(look(0, [[1, 9, 9]])).ofAll()).toEqual(figures)
  })

  test('begins anew with a class that was made anew, or is another node’s now', () => {
    const anew = meterOf(
      look(0, [
        [1, 9000, 5],
        [3, 9000, 5],
      ]),
      look(1, [
        [1, 100, 0],
        [3, 100, 1],
      ]),
    )
    expect(anew.ofNode(node)).toEqual({ peak: 800, average: 800, dropped: 1 })
    const before = { ...look(0, [[3, 50, 0]]), classes: new Map([['10.200.1.9', 3]]) }
    expect(meterOf(before, look(1, [[3, 100, 0]])).ofNode(node).peak).toBe(800)
  })

  test('counts a class that came meanwhile from its beginning', () => {
    expect(
      meterOf(
        look(0, [[1, 0, 0]]),
        look(1, [
          [1, 100, 0],
          [3, 100, 0],
        ]),
      ).ofNode(node).peak,
    ).toBe(800)
  })

  test('forgets what is older than five minutes', () => {
    const looks = [0, 5, 310].map((at) => look(at, [[1, at === 0 ? 0 : 5000, 0]]))
    expect(meterOf(...looks.slice(0, 2)).ofAll().peak).toBe(8000)
    expect(meterOf(...looks).ofAll().peak).toBe(0)
  })
})
