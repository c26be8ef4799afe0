import { describe, expect, test } from 'vitest'
import {
  heedGoing,
  heedHello,
  heedSighting,
  helloCounts,
  isSameSeat,
  type Seating,
} from '../../src/hub/seats.ts'

const t = 1_700_000_000_000
const onWg: Seating = { rung: 'wg', mtu: 1400, at: t, hello: { count: 5, at: t } }
const seen: Seating = { rung: 'udp', at: t }

describe('a hello', () => {
  test.each([
    ['the first', undefined, { rung: 'wg', mtu: 1400, count: 1 }, 0, 'wg'],
    ['by the same rung', onWg, { rung: 'wg', mtu: 1300, count: 6 }, 20, 'wg'],
    ['by another rung', onWg, { rung: 'tcp', mtu: 1400, count: 6 }, 20, 'tcp'],
    ['sent again', onWg, { rung: 'tcp', mtu: 1400, count: 5 }, 20, 'tcp'],
    ['that comes late', onWg, { rung: 'tcp', mtu: 1400, count: 4 }, 20, 'wg'],
    ['of a node that counts anew', onWg, { rung: 'tcp', mtu: 1400, count: 1 }, helloCounts, 'tcp'],
    [
      'after a clock that went back',
      onWg,
      { rung: 'tcp', mtu: 1400, count: 1 },
      -helloCounts,
      'tcp',
    ],
    ['where a session was seen', seen, { rung: 'wg', mtu: 1400, count: 1 }, 1, 'wg'],
  ])('%s', (_, before, hello, later, rung) => {
    expect(heedHello(before, hello, t + later).rung).toBe(rung)
  })

  test('brings the MTU and the moment; the seat is as old as its rung', () => {
    const after = heedHello(onWg, { rung: 'wg', mtu: 1300, count: 6 }, t + 20)
    expect(after).toEqual({ rung: 'wg', mtu: 1300, at: t, hello: { count: 6, at: t + 20 } })
    expect(heedHello(onWg, { rung: 'tcp', mtu: 1300, count: 6 }, t + 20).at).toBe(t + 20)
  })

  test('one that comes late changes nothing at all', () => {
    expect(heedHello(onWg, { rung: 'wg', mtu: 600, count: 4 }, t + 20)).toBe(onWg)
  })
})

describe('a sighting', () => {
  test.each([
    ['the first', undefined, { rung: 'udp', at: t }, 0, 'udp'],
    ['of another rung, later', seen, { rung: 'tcp', at: t + 1 }, 1, 'tcp'],
    ['of another rung, earlier', seen, { rung: 'tcp', at: t - 1 }, 1, 'udp'],
    ['of another rung, at the same time', seen, { rung: 'tcp', at: t }, 1, 'udp'],
    ['of a node that speaks by another', onWg, { rung: 'udp', at: t + 9 }, 9, 'wg'],
    ['of one that has fallen silent', onWg, { rung: 'udp', at: t + 9 }, helloCounts, 'udp'],
  ])('%s', (_, before, sighting, later, rung) => {
    expect(heedSighting(before, sighting, t + later).rung).toBe(rung)
  })

  test('of the same rung keeps what the node said', () => {
    expect(heedSighting(onWg, { rung: 'wg', at: t + 5 }, t + 5)).toEqual({ ...onWg, at: t + 5 })
    expect(heedSighting(onWg, { rung: 'wg', at: t - 5 }, t + 5)).toBe(onWg)
  })
})

test('whoever is not there any more has no seat, unless it came since that was asked', () => {
  expect(heedGoing(seen, t)).toBeUndefined()
  expect(heedGoing(seen, t - 1)).toBe(seen)
  expect(heedGoing({ ...seen, hello: { count: 1, at: t + 9 } }, t + 5)).toBeDefined()
})

test('seats differ by rung and by MTU', () => {
  expect(isSameSeat(onWg, { ...onWg, at: 0 })).toBe(true)
  expect(isSameSeat(onWg, { ...onWg, mtu: 1300 })).toBe(false)
  expect(isSameSeat(onWg, { ...onWg, rung: 'tcp' })).toBe(false)
  expect(isSameSeat(undefined, onWg)).toBe(false)
})
