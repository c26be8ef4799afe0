import { expect, test } from 'vitest'
import { keepProfile } from '../../src/server/current-profile.ts'
import { startTestServer } from './test-server.ts'

/** Loads that end when the test says so. */
async function start() {
  const { server } = await startTestServer()
  const first = server.profile()
  const loads: PromiseWithResolvers<typeof first>[] = []
  const used: string[] = []
  const current = keepProfile({
    first,
    load: () => {
      const load = Promise.withResolvers<typeof first>()
      loads.push(load)
      return load.promise
    },
    prepare: async (next) => () => used.push(next.dir),
  })
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
  return { first, loads, used, current, settle }
}

test('reloads that were asked for at once are done one after the other', async () => {
  const { first, loads, used, current, settle } = await start()
  const [one, two] = [current.reload(), current.reload()]
  await settle()
  expect(loads).toHaveLength(1)
  loads[0]?.resolve({ ...first, dir: 'one' })
  await one
  await settle()
  loads[1]?.resolve({ ...first, dir: 'two' })
  await two
  expect([current.profile().dir, used]).toEqual(['two', ['one', 'two']])
})

test('a reload that failed does not keep the next one from being done', async () => {
  const { first, loads, used, current, settle } = await start()
  const [one, two] = [current.reload(), current.reload()]
  await settle()
  loads[0]?.reject(new Error('broken'))
  await expect(one).rejects.toThrow('broken')
  expect(current.profile()).toBe(first)
  await settle()
  loads[1]?.resolve({ ...first, dir: 'two' })
  await two
  expect([current.profile().dir, used]).toEqual(['two', ['two']])
})
