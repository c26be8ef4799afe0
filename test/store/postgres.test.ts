import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openStore, type Store } from '../../src/store/store.ts'
import { killChildren, startChild } from './children.ts'
import { postgresDatabase, type TestDatabase } from './databases.ts'
import { modelSuite } from './model-suite.ts'
import { startPostgres } from './postgres-server.ts'
import { insertNodes, join, makeToken } from './records.ts'
import { storeSuite } from './suite.ts'

const server = await startPostgres()
afterAll(async () => {
  killChildren()
  await server.stop()
})

storeSuite('postgres', () => postgresDatabase(server))
modelSuite('postgres', () => postgresDatabase(server), 15)

describe('postgres: several servers', () => {
  let database: TestDatabase
  beforeEach(async () => {
    database = await postgresDatabase(server)
  })
  afterEach(() => database.remove())

  const openTwo = async (): Promise<[Store, Store]> => [
    await database.open(),
    await database.open(database.otherFolder()),
  ]

  test('that open an empty database at the same time make one store of it', async () => {
    const folders = [database.folder, database.otherFolder(), database.otherFolder()]
    const stores = await Promise.all(folders.map((folder) => database.open(folder)))
    expect(stores.map(({ opened }) => opened.created).sort()).toEqual([false, false, true])
    const positions = await Promise.all(
      stores.map((store) => store.read((reads) => reads.feed.position())),
    )
    expect(new Set(positions.map(({ epoch }) => epoch)).size).toBe(1)
  })

  test('one wakes who watches at the other', async () => {
    const [one, other] = await openTwo()
    const { promise, resolve } = Promise.withResolvers<void>()
    await sleep(200)
    other.watch(resolve)
    await insertNodes(one, { id: 'n1' })
    await promise
  })

  test('a generation is never seen before a lower one', async () => {
    const [one, other] = await openTwo()
    await one.write((tx) => tx.tokens.insert(makeToken({ uses: 1000 })))
    let done = false
    const joining = Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        [one, other][index % 2]?.write((tx) => join(tx, { id: `n${index}` })),
      ),
    ).finally(() => {
      done = true
    })
    const seen: string[] = []
    let position = (await one.read((reads) => reads.feed.since())).position
    const start = position
    while (!done) {
      const feed = await one.read((reads) => reads.feed.since(position))
      seen.push(...feed.nodes.map(({ id }) => id))
      position = feed.position
    }
    await joining
    const rest = await one.read((reads) => reads.feed.since(position))
    seen.push(...rest.nodes.map(({ id }) => id))
    const all = await one.read((reads) => reads.feed.since(start))
    expect(seen).toEqual(all.nodes.map(({ id }) => id))
    expect(seen).toHaveLength(60)
  })

  test('after a restore that one of them has seen, the other does not close the tokens again', async () => {
    const folder = database.otherFolder()
    const [one, other] = [await database.open(), await database.open(folder)]
    await Promise.all([one.close(), other.close()])
    await database.backup()
    const [again, both] = [await database.open(), await database.open(folder)]
    await insertNodes(again, { id: 'n1' })
    await insertNodes(both, { id: 'n2', slot: 2 })
    await Promise.all([again.close(), both.close()])
    await database.restore()
    const restored = await database.open()
    expect(restored.opened.restored).toBeDefined()
    expect((await database.open(folder)).opened.restored).toBeUndefined()
  })

  test('a storm of joins on two servers, one of them killed, gives nothing twice and loses nothing', async () => {
    const tokens = Array.from({ length: 50 }, (_, index) => `t${index}`)
    const store = await database.open()
    await store.write(async (tx) => {
      for (const id of tokens) await tx.tokens.insert(makeToken({ id, uses: 8 }))
    })
    const { address } = database
    const options = { address, lanes: 16, joins: 450, tokens }
    const [one, other] = ['one', 'other'].map((name) =>
      startChild({ ...options, folder: database.otherFolder(), name }),
    )
    await Promise.all([one?.begun, other?.begun])
    await sleep(150)
    one?.process.kill('SIGKILL')
    const acknowledged = [
      ...((await one?.acknowledged) ?? []),
      ...((await other?.acknowledged) ?? []),
    ]
    expect(acknowledged.length).toBeGreaterThan(100)

    const nodes = await store.read((reads) => reads.nodes.list())
    const slots = new Map(nodes.map(({ id, slot }) => [id, slot]))
    expect(acknowledged.filter(([id, slot]) => slots.get(id) !== slot)).toEqual([])
    expect([...slots.values()].sort((a, b) => Number(a) - Number(b))).toEqual(
      nodes.map((_, index) => index + 1),
    )
    const used = await store.read((reads) => reads.tokens.list())
    expect(used.every(({ used, uses }) => used <= uses)).toBe(true)
    expect(used.reduce((sum, token) => sum + token.used, 0)).toBe(nodes.length)
    expect(await store.read((reads) => reads.audit.verify())).toMatchObject({ outcome: 'complete' })
  })
})

describe('postgres: a database that goes away', () => {
  let database: TestDatabase
  let store: Store
  beforeEach(async () => {
    database = await postgresDatabase(server)
    store = await database.open()
  })
  afterEach(() => database.remove())

  const cutAll = () =>
    database.execute(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    )

  test('comes back for writes and reads', async () => {
    await cutAll()
    await insertNodes(store, { id: 'n1' })
    await cutAll()
    expect(await store.read((reads) => reads.nodes.list())).toHaveLength(1)
    expect(await store.read((reads) => reads.audit.list({ action: 'epoch', limit: 1 }))).toEqual([])
  })

  test('in the middle of a transaction has it done again, once', async () => {
    let tries = 0
    await store.write(async (tx) => {
      tries += 1
      await tx.tokens.insert(makeToken())
      if (tries === 1) await cutAll()
      await tx.tokens.insert(makeToken({ id: 't2' }))
    })
    expect(tries).toBe(2)
    expect(await store.read((reads) => reads.tokens.list())).toHaveLength(2)
  })

  test('wakes who watches, who may have missed something', async () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    await sleep(200)
    store.watch(resolve)
    await cutAll()
    await promise
  })

  test('and comes back restored, is known for it by a server that was up all the time', async () => {
    await database.execute('create table saved as select * from meta')
    await insertNodes(store, { id: 'n1' })
    const before = await store.read((reads) => reads.feed.position())
    await database.execute(
      'update meta set generation = s.generation, commits = s.commits from saved s',
    )
    await cutAll()
    await store.write((tx) => tx.tokens.insert(makeToken()))
    const after = await store.read((reads) => reads.feed.position())
    expect(after.epoch).not.toBe(before.epoch)
  })

  test('synchronous commits are asked for, whatever the database has as default', async () => {
    await store.close()
    await database.execute(
      `do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$`,
    )
    store = await database.open()
    await database.execute('create table found (setting text)')
    await database.execute(
      `create function note() returns trigger language plpgsql as $$ begin
         insert into found values (current_setting('synchronous_commit')); return new; end $$`,
    )
    await database.execute(
      'create trigger note after insert on tokens for each row execute function note()',
    )
    await store.write((tx) => tx.tokens.insert(makeToken()))
    expect(await database.execute('select setting from found')).toEqual([{ setting: 'on' }])
  })

  test('or is not there at all is told, without its password', async () => {
    const missing = database.address.replace('dynfarm@', 'dynfarm:secret@').replace('/store', '/no')
    const opening = openStore({ database: missing, folder: database.folder })
    const error = await opening.catch((error) => error)
    expect(error).toMatchObject({ code: 'store-unavailable' })
    expect(error.message).not.toContain('secret')
  })
})
