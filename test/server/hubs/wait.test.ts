import { expect, test } from 'vitest'
import type { HostRecord } from '../../../src/protocol/records.ts'
import { hasInForce, isConnected } from '../../../src/server/hubs/wait.ts'
import { makeHost } from '../../store/records.ts'

function hub(over: Partial<HostRecord>): HostRecord {
  return {
    ...makeHost({ id: 'hub1' }),
    generation: 1,
    revoked: null,
    acknowledgedEpoch: 'e',
    acknowledgedGeneration: 5,
    acknowledged: 1000,
    seededEpoch: 'e',
    health: null,
    ...over,
  }
}

test.each<[string, Partial<HostRecord>, boolean]>([
  ['this very generation', {}, true],
  ['a later one', { acknowledgedGeneration: 6 }, true],
  ['an earlier one', { acknowledgedGeneration: 4 }, false],
  ['a later one of another epoch', { acknowledgedEpoch: 'f', acknowledgedGeneration: 9 }, false],
  ['nothing', { acknowledgedEpoch: null, acknowledgedGeneration: null }, false],
])('a hub that acknowledged %s', (_, over, expected) => {
  expect(hasInForce(hub(over), { epoch: 'e', generation: 5 })).toBe(expected)
})

test.each<[string, Partial<HostRecord>, number, boolean]>([
  ['a minute ago', {}, 61_000, true],
  ['longer ago', {}, 61_001, false],
  ['never', { acknowledged: null }, 1000, false],
  ['now, and was revoked', { revoked: 1 }, 1000, false],
])('a hub that was heard %s', (_, over, now, expected) => {
  expect(isConnected(hub(over), now)).toBe(expected)
})
