import { expect, it } from 'vitest'
import { limitsFor } from '../../../src/client/requests/limits.ts'

const noWait = { waitMs: 0, given: {} }

it('gives files more time than messages', () => {
  const { totalMs } = limitsFor('healthz', noWait)
  expect(limitsFor('releaseFile', noWait).totalMs).toBeGreaterThan(totalMs)
  expect(limitsFor('releaseUpload', noWait).totalMs).toBeGreaterThan(totalMs)
  expect(limitsFor('releaseFile', { waitMs: 0, given: { totalMs: 5 } }).totalMs).toBe(5)
})

it('adds what the server was asked to wait to all but the connecting', () => {
  const given = { connectMs: 1, idleMs: 2, totalMs: 3 }
  expect(limitsFor('feed', { waitMs: 60, given })).toEqual({
    connectMs: 1,
    idleMs: 62,
    totalMs: 63,
  })
})
