import { afterEach, describe, expect, test, vi } from 'vitest'
import { type Seat, type Serving, SiteRelay, type Turn } from '../../../src/remote/relay/site.ts'

function serving(): Serving {
  const where = { address: '10.1.0.1', port: 7788, keys: new Map() }
  return { seed: 'aruba-1', ...where, given: 0, failed: 0 }
}

function seatOf(turn: Turn): Seat {
  if (turn.kind === 'direct') throw new Error('nobody is to serve')
  return turn.seat
}

afterEach(() => {
  vi.useRealTimers()
})

describe('the nodes of a site', () => {
  test('all wait for the first', async () => {
    const site = new SiteRelay()
    const turns = [site.turn(), site.turn(), site.turn()]
    expect(turns.map(({ kind }) => kind)).toEqual(['seed', 'sibling', 'sibling'])
    const served = serving()
    seatOf(turns[0] as Turn).settle(served)
    expect(await seatOf(turns[2] as Turn).outcome()).toBe(served)
    expect(site.turn().kind).toBe('sibling')
  })

  test('take another one for one that is lost, three times', async () => {
    const site = new SiteRelay()
    for (let tries = 0; tries < 3; tries++) {
      const turn = site.turn()
      expect(turn.kind).toBe('seed')
      seatOf(turn).settle()
      expect(await seatOf(turn).outcome()).toBeUndefined()
    }
    expect(site.turn().kind).toBe('direct')
  })

  test('give one up that failed three of them and served none', () => {
    const site = new SiteRelay()
    const seat = seatOf(site.turn())
    const served = serving()
    seat.settle(served)
    served.failed = 2
    expect(site.turn().kind).toBe('sibling')
    served.failed = 3
    expect(site.turn().kind).toBe('direct')
    served.given = 1
    expect(site.turn().kind).toBe('sibling')
  })

  test('do not wait for one that stands still, but as long as it gets on', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    const site = new SiteRelay()
    const seat = seatOf(site.turn())
    let isOver = false
    const outcome = seat.outcome().then(() => {
      isOver = true
    })
    for (let minutes = 0; minutes < 3; minutes++) {
      await vi.advanceTimersByTimeAsync(50_000)
      seat.heard()
    }
    expect(isOver).toBe(false)
    await vi.advanceTimersByTimeAsync(60_000)
    await outcome
    expect(site.turn().kind).toBe('seed')
  })

  test('hear the first word of what became of it', async () => {
    const seat = seatOf(new SiteRelay().turn())
    const served = serving()
    seat.settle(served)
    seat.settle()
    expect(await seat.outcome()).toBe(served)
  })
})
