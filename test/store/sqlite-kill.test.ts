import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { killChildren, startChild } from './children.ts'
import { sqliteDatabase, type TestDatabase } from './databases.ts'
import { makeToken } from './records.ts'

const databases: TestDatabase[] = []
afterAll(async () => {
  killChildren()
  for (const database of databases) await database.remove()
})

const rounds = 26

/** Two stores at a time, so that both cores are at work and the instants differ. */
test.concurrent.for(['one', 'two'])(
  `a server killed ${rounds} times under load loses nothing that it acknowledged (store %s)`,
  { timeout: 600_000 },
  async (_name, { expect }) => {
    const database = await sqliteDatabase()
    databases.push(database)
    const first = await database.open()
    await first.write((tx) => tx.tokens.insert(makeToken({ uses: 1_000_000 })))
    await first.close()
    const acknowledged = new Map<string, number>()
    for (let round = 1; round <= rounds; round++) {
      const joined = await killOnce(database, `round${round}`)
      expect(joined.size).toBeGreaterThan(0)
      for (const [id, slot] of joined) acknowledged.set(id, slot)
    }
    await expectAll(database, acknowledged)
  },
)

async function killOnce(
  database: TestDatabase,
  name: string,
): Promise<ReadonlyMap<string, number>> {
  const { folder, address } = database
  const options = { address, folder, name, lanes: 8, joins: 100_000, tokens: ['t1'] }
  const child = startChild(options)
  await child.begun
  await sleep(Math.random() * 60)
  child.process.kill('SIGKILL')
  return child.acknowledged
}

async function expectAll(
  database: TestDatabase,
  acknowledged: ReadonlyMap<string, number>,
): Promise<void> {
  const store = await database.open()
  expect(store.opened.restored).toBeUndefined()
  const nodes = await store.read((reads) => reads.nodes.list())
  const slots = new Map(nodes.map(({ id, slot }) => [id, slot]))
  expect([...acknowledged].filter(([id, slot]) => slots.get(id) !== slot)).toEqual([])
  expect(new Set(slots.values()).size).toBe(nodes.length)
  const token = await store.read((reads) => reads.tokens.byId('t1'))
  expect(token?.used).toBe(nodes.length)
  const audited = await store.read((reads) => reads.audit.head())
  expect(audited.sequence).toBe(nodes.length)
  expect(await chainOutcome(store)).toBe('complete')
}

async function chainOutcome(store: Awaited<ReturnType<TestDatabase['open']>>): Promise<string> {
  for (let check = await store.read((reads) => reads.audit.verify()); ; ) {
    if (check.outcome !== 'goes-on') return check.outcome
    const { checked } = check
    check = await store.read((reads) => reads.audit.verify(checked))
  }
}
