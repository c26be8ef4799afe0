import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { waitForNews } from '../../../src/server/hubs/news.ts'
import type { Server } from '../../../src/server/server.ts'

/** A server whose store is at a generation that the test says, and answers when the test lets it. */
function makeServer() {
  const watchers = new Set<() => void>()
  const reloads = new Set<() => void>()
  const readings: PromiseWithResolvers<unknown>[] = []
  const said: string[] = []
  const add = (to: Set<() => void>) => (listener: () => void) => {
    to.add(listener)
    return () => void to.delete(listener)
  }
  const server = {
    store: {
      watch: add(watchers),
      read: () => {
        const reading = Promise.withResolvers()
        readings.push(reading)
        return reading.promise
      },
    },
    onReload: add(reloads),
    log: { warn: (text: string) => said.push(text) },
  } as unknown as Server
  const wake = (from: Set<() => void>) => {
    for (const listener of from) listener()
  }
  return {
    server,
    said,
    readings,
    answer: async (index: number, generation: number) => {
      readings[index]?.resolve({ position: { epoch: 'e', generation }, hubs: [] })
      await nextTurn()
    },
    change: () => wake(watchers),
    reload: () => wake(reloads),
    watched: () => watchers.size + reloads.size,
  }
}

const never = new AbortController().signal
const waiting = { milliseconds: 30_000, signal: never }
const reaches =
  (wanted: number) =>
  ({ position }: { position: { generation: number } }) =>
    position.generation >= wanted

test('many who wait share one look, and another when something changes while it is taken', async () => {
  const { server, readings, answer, change, watched } = makeServer()
  const waits = [1, 2, 2, 3].map((wanted) => waitForNews(server, reaches(wanted), waiting))
  expect([readings.length, watched()]).toEqual([1, 2])
  await answer(0, 1)
  expect(await waits[0]).toBe(true)
  expect(readings).toHaveLength(2)
  change()
  change()
  await answer(1, 1)
  expect(readings).toHaveLength(3)
  await answer(2, 2)
  expect(await Promise.all(waits.slice(1, 3))).toEqual([true, true])
  expect([readings.length, watched()]).toEqual([3, 2])
  change()
  await answer(3, 3)
  expect(await waits[3]).toBe(true)
  expect(watched()).toBe(0)
})

test('a configuration that was read again wakes too', async () => {
  const { server, answer, reload } = makeServer()
  let isRead = false
  const waited = waitForNews(server, () => isRead, waiting)
  await answer(0, 1)
  isRead = true
  reload()
  await answer(1, 1)
  expect(await waited).toBe(true)
})

test('a look that fails is said, and the next change is looked at', async () => {
  const { server, readings, answer, change, said } = makeServer()
  const waited = waitForNews(server, reaches(1), waiting)
  readings[0]?.reject(new Error('the disk is full'))
  await nextTurn()
  expect(said.join()).toContain('the disk is full')
  change()
  await answer(1, 1)
  expect(await waited).toBe(true)
})

test('who waits no more leaves nothing behind', async () => {
  const { server, readings, watched } = makeServer()
  const gone = new AbortController()
  const waits = [
    waitForNews(server, () => false, { milliseconds: 20, signal: never }),
    waitForNews(server, () => false, { milliseconds: 30_000, signal: gone.signal }),
  ]
  expect(await waits[0]).toBe(false)
  expect(watched()).toBe(2)
  gone.abort()
  expect(await waits[1]).toBe(false)
  expect(watched()).toBe(0)
  const before = readings.length
  expect(
    await waitForNews(server, () => true, { milliseconds: 9, signal: AbortSignal.abort() }),
  ).toBe(false)
  expect(readings).toHaveLength(before)
})
