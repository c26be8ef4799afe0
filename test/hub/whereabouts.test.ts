import { describe, expect, test } from 'vitest'
import { awayAt } from '../../src/hub/elsewhere.ts'
import type { Seating } from '../../src/hub/seats.ts'
import { type Evidence, isLater, silenceMs, Whereabouts } from '../../src/hub/whereabouts.ts'
import type { AnnouncedNode } from '../../src/protocol/announcement.ts'

const address = '10.200.1.1'
const now = 1_000_000_000

function said(sequence: number, over: Partial<AnnouncedNode> = {}, epoch = 1) {
  return { epoch, sequence, nodes: [{ addresses: [address], age: 0, ...over }], gone: [] }
}

describe('which of two knows better where a node is', () => {
  const cases: [string, Evidence, Evidence][] = [
    ['the later sighting', { at: now + 1 }, { at: now }],
    [
      'the higher count, though heard before',
      { at: now, count: 8 },
      { at: now + 50_000, count: 7 },
    ],
    [
      'who heard it long after, though it counts anew',
      { at: now + 60_000, count: 1 },
      { at: now, count: 9 },
    ],
    ['the later one where one gave no word', { at: now + 1 }, { at: now, count: 9 }],
  ]
  test.each(cases)('%s', (_name, one, other) => {
    expect([isLater(one, other), isLater(other, one)]).toEqual([true, false])
  })

  test('of two that know the same, neither', () => {
    expect(isLater({ at: now, count: 3 }, { at: now, count: 3 })).toBe(false)
  })
})

describe('what other hubs say', () => {
  test('is where a node is, with the age made a time by the own clock', () => {
    const places = new Whereabouts()
    expect(places.heard('hub2', said(1, { age: 500, count: 7, mtu: 1300 }), now)).toEqual([address])
    expect(places.of(address)).toEqual({ hub: 'hub2', at: now - 500, count: 7, mtu: 1300 })
  })

  test('that says nothing new changes nothing', () => {
    const places = new Whereabouts()
    places.heard('hub2', said(1), now)
    expect(places.heard('hub2', said(2, { age: 5000 }), now + 5000)).toEqual([])
  })

  test('is over when they say so', () => {
    const places = new Whereabouts()
    places.heard('hub2', said(1), now)
    const over = { epoch: 1, sequence: 2, nodes: [], gone: [address, '10.200.1.9'] }
    expect(places.heard('hub2', over, now)).toEqual([address])
    expect(places.of(address)).toBeUndefined()
  })

  test('is forgotten when it was not said again', () => {
    const places = new Whereabouts()
    places.heard('hub2', said(1), now)
    expect(places.forget(now + silenceMs - 1)).toEqual([])
    expect(places.forget(now + silenceMs)).toEqual([address])
    expect(places.of(address)).toBeUndefined()
  })

  test('late is not heeded, by sequence or by the process before, until that was silent', () => {
    const places = new Whereabouts()
    places.heard('hub2', said(5, { count: 9 }, 2), now)
    expect(places.heard('hub2', said(5, { count: 8 }, 2), now)).toEqual([])
    expect(places.heard('hub2', said(9, { count: 8 }, 1), now + silenceMs - 1)).toEqual([])
    expect(places.of(address)?.count).toBe(9)
    expect(places.heard('hub2', said(1, { count: 10 }, 3), now)).toEqual([address])
    expect(places.heard('hub2', said(1, { count: 11 }, 1), now + silenceMs)).toEqual([address])
  })

  test('of two hubs, the later word counts', () => {
    const places = new Whereabouts()
    places.heard('hub3', said(1, { count: 4 }), now)
    places.heard('hub2', said(1, { count: 3 }), now)
    expect(places.of(address)?.hub).toBe('hub3')
    places.heard('hub2', said(2, { count: 5 }), now)
    expect(places.of(address)?.hub).toBe('hub2')
  })

  test('goes on from the kernel’s routes, until a hub speaks itself', () => {
    const places = new Whereabouts()
    places.remember([{ address, name: 'hub2', mtu: 1300 }], now)
    expect(places.of(address)).toMatchObject({ hub: 'hub2', mtu: 1300 })
    places.heard('hub2', { epoch: 1, sequence: 1, nodes: [], gone: [address] }, now)
    expect(places.of(address)).toBeUndefined()
  })

  test('of more nodes than a farm has is not kept', () => {
    const places = new Whereabouts()
    const flood = Array.from({ length: 70_000 }, (_, n) => ({
      addresses: [`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`],
      age: 0,
    }))
    places.heard('hub2', { epoch: 1, sequence: 1, nodes: flood, gone: [] }, now)
    expect(places.addresses().size).toBe(65_536)
  })

  test('tells that a hub lives, as long as it speaks', () => {
    const places = new Whereabouts()
    expect(places.isAlive('hub2', now)).toBe(false)
    places.heard('hub2', { epoch: 1, sequence: 1, nodes: [], gone: [] }, now)
    expect(places.isAlive('hub2', now + silenceMs - 1)).toBe(true)
    expect(places.isAlive('hub2', now + silenceMs)).toBe(false)
  })
})

describe('a node that has a seat here', () => {
  const node = { id: 'n1', addresses: [address] }
  const seat = (count: number): Seating => ({
    rung: 'wg',
    at: now + 900,
    hello: { count, at: now },
  })
  const away = (mine: Seating | undefined, count: number) => {
    const whereabouts = new Whereabouts()
    whereabouts.heard('hub2', said(1, { count }), now)
    const seats = new Map(mine === undefined ? [] : [['n1', mine]])
    return awayAt(node, { seats, whereabouts })?.hub
  }

  test.each([
    ['there, when it said so last', seat(3), 4, 'hub2'],
    ['here, when it said so last', seat(5), 4, undefined],
    ['here, when both know the same', seat(4), 4, undefined],
    ['there, when it was never here', undefined, 4, 'hub2'],
  ])('is %s', (_name, mine, count, where) => {
    expect(away(mine, count)).toBe(where)
  })

  test('is there also when a late sign of it is seen here after its own word', () => {
    const late: Seating = { rung: 'wg', at: now + 1, hello: { count: 9, at: now - 70_000 } }
    expect(away(late, 1)).toBe('hub2')
  })
})
