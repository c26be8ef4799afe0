import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import type { TestDatabase } from './databases.ts'
import { makeModel, makePerformer, type Operation, operation } from './model.ts'
import { follow } from './records.ts'

/** Random operations on the store and on the model of it give the same, one by one and in the end. */
export function modelSuite(
  name: string,
  makeDatabase: () => Promise<TestDatabase>,
  numRuns: number,
): void {
  test(`${name}: does what its model does`, { timeout: 120_000 }, async () => {
    const sequence = fc.array(operation, { minLength: 5, maxLength: 40, size: 'max' })
    await fc.assert(
      fc.asyncProperty(sequence, async (operations) => {
        const database = await makeDatabase()
        try {
          await compare(operations, database)
        } finally {
          await database.remove()
        }
      }),
      { numRuns, endOnFailure: true },
    )
  })
}

async function compare(operations: readonly Operation[], database: TestDatabase): Promise<void> {
  let store = await database.open()
  const reopen = async (): Promise<Store> => {
    store = await database.open()
    return store
  }
  const model = makeModel()
  const real = makePerformer(reopen, store)
  const hub = makeHub()
  for (const operation of operations) {
    expect([operation, await real.perform(operation)]).toEqual([
      operation,
      await model.perform(operation),
    ])
    await hub.follow(store)
  }
  expect(await real.state()).toEqual(await model.state())
  expect(await store.read((reads) => reads.audit.verify())).toMatchObject({ outcome: 'complete' })
}

/** A hub that follows each change knows what one that comes anew is told, and sees no generation go back. */
function makeHub() {
  let known: ReturnType<typeof follow> = new Map()
  let position: { epoch: string; generation: number } | undefined
  return {
    follow: async (store: Store): Promise<void> => {
      const { feed, snapshot } = await store.read(async (reads) => ({
        feed: await reads.feed.since(position),
        snapshot: await reads.feed.since(),
      }))
      expect(feed.position.generation).toBeGreaterThanOrEqual(position?.generation ?? 0)
      known = follow(known, feed)
      position = feed.position
      expect(known).toEqual(follow(new Map(), snapshot))
    },
  }
}
