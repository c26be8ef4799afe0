import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Store } from '../../src/store/store.ts'
import type { TestDatabase } from './databases.ts'
import {
  follow,
  insertNodes,
  join,
  makeEntry,
  makeHost,
  makeNode,
  makeToken,
  nodeById,
} from './records.ts'

/** What every engine has to pass. */
export function storeSuite(name: string, makeDatabase: () => Promise<TestDatabase>): void {
  let database: TestDatabase
  let store: Store
  beforeEach(async () => {
    database = await makeDatabase()
    store = await database.open()
  })
  afterEach(() => database.remove())

  const reopen = async (): Promise<Store> => {
    await store.close()
    store = await database.open()
    return store
  }

  describe(`${name}: transactions`, () => {
    test('a new store is empty, and says that it is new', async () => {
      expect(store.opened).toEqual({ created: true, restored: undefined })
      expect(await store.read((reads) => reads.nodes.list())).toEqual([])
    })

    test('what was written is there after opening again', async () => {
      const admin = {
        id: 'a1',
        name: 'anna',
        role: 'admin',
        site: null,
        certificate: 'ca1',
        created: 1,
        createdBy: 'root',
      } as const
      const release = {
        version: '1.2.0',
        platform: 'linux-x64',
        manifest: '{"é": "\\n"}',
        signature: 's',
        hash: 'h',
        size: 2 ** 40,
        created: 1,
        createdBy: 'anna',
      }
      await store.write(async (tx) => {
        await tx.tokens.insert(makeToken({ id: 't1' }))
        await tx.nodes.insert(makeNode({ id: 'n1', facts: { text: '\0\ud800 <b>"' } }))
        await tx.hosts.insert(makeHost({ id: 'hub1' }))
        await tx.admins.insert(admin)
        await tx.releases.insert(release)
      })
      await reopen()
      expect(store.opened).toEqual({ created: false, restored: undefined })
      const all = await store.read(async (reads) => ({
        token: await reads.tokens.byId('t1'),
        node: await reads.nodes.byId('n1'),
        host: await reads.hosts.byId('hub1'),
        admin: await reads.admins.byCertificate('ca1'),
        release: await reads.releases.byVersion('1.2.0', 'linux-x64'),
      }))
      expect(all).toMatchObject({
        token: { ...makeToken({ id: 't1' }), used: 0, revoked: null, closed: null },
        node: { ...makeNode({ id: 'n1', facts: { text: '\0\ud800 <b>"' } }), freed: null },
        host: { ...makeHost({ id: 'hub1' }), revoked: null, acknowledged: null },
        admin: { ...admin, revoked: null },
        release,
      })
    })

    test('what fails is undone alone, among others that share its commit', async () => {
      const outcomes = await Promise.allSettled(
        [1, 2, 3].map((slot) =>
          store.write(async (tx) => {
            await tx.nodes.insert(makeNode({ id: `n${slot}`, slot }))
            if (slot === 2) throw new Error('no')
            return slot
          }),
        ),
      )
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect(outcomes[1]).toMatchObject({ reason: new Error('no') })
      const nodes = await store.read((reads) => reads.nodes.list())
      expect(nodes.map(({ id }) => id)).toEqual(['n1', 'n3'])
    })

    test('a statement that failed fails its transaction, though it was caught', async () => {
      const writing = store.write(async (tx) => {
        await tx.tokens.insert(makeToken())
        await tx.tokens.insert(makeToken()).catch(() => {})
      })
      await expect(writing).rejects.toThrow(/unique/i)
      expect(await store.read((reads) => reads.tokens.list())).toEqual([])
    })

    test('what the work throws of its own comes as it is', async () => {
      const refusal = Object.assign(new Error('no'), { code: '08-not-of-a-database' })
      const refuse = () => Promise.reject(refusal)
      await expect(store.read(refuse)).rejects.toBe(refusal)
      await expect(store.write(refuse)).rejects.toBe(refusal)
    })

    test('text that an engine would refuse or change is refused by both', async () => {
      for (const id of ['a\0b', '\ud800'])
        await expect(store.write((tx) => tx.tokens.insert(makeToken({ id })))).rejects.toThrow(
          TypeError,
        )
    })

    test('a transaction is of no use after its end', async () => {
      const tx = await store.write(async (tx) => ({ tx }))
      await expect(tx.tx.tokens.list()).rejects.toThrow('after its end')
      const { reads } = await store.read(async (reads) => ({ reads }))
      await expect(reads.tokens.list()).rejects.toThrow('after its end')
    })

    test('what waits is committed by close, and nothing is taken after it', async () => {
      const writing = store.write((tx) => tx.tokens.insert(makeToken()))
      await store.close()
      await writing
      await expect(store.write(async () => {})).rejects.toMatchObject({ code: 'store-unavailable' })
      store = await database.open()
      expect(await store.read((reads) => reads.tokens.list())).toHaveLength(1)
    })

    test('a newer schema is refused', async () => {
      await store.close()
      await database.execute('update schema_version set version = version + 1 returning version')
      await expect(database.open()).rejects.toMatchObject({ code: 'store-newer' })
    })
  })

  describe(`${name}: tokens`, () => {
    test('have as many uses as they were made with', async () => {
      await store.write((tx) => tx.tokens.insert(makeToken({ uses: 2 })))
      const use = () => store.write((tx) => tx.tokens.countUse('t1'))
      expect(await Promise.all([use(), use(), use()])).toEqual([true, true, false])
      expect(await store.read((reads) => reads.tokens.byId('t1'))).toMatchObject({ used: 2 })
    })

    test('have no use once revoked, and are revoked once', async () => {
      await store.write((tx) => tx.tokens.insert(makeToken()))
      const revoke = (at: number) => store.write((tx) => tx.tokens.revoke('t1', at))
      expect([await revoke(7), await revoke(8)]).toEqual([true, false])
      expect(await store.write((tx) => tx.tokens.countUse('t1'))).toBe(false)
      expect(await store.read((reads) => reads.tokens.byId('t1'))).toMatchObject({ revoked: 7 })
    })

    test('are listed by site', async () => {
      await store.write(async (tx) => {
        await tx.tokens.insert(makeToken({ id: 't2', site: 'hpc', created: 2 }))
        await tx.tokens.insert(makeToken({ id: 't1' }))
      })
      const ids = (filter: { site?: string }) =>
        store.read(async (reads) => (await reads.tokens.list(filter)).map(({ id }) => id))
      expect(await ids({})).toEqual(['t1', 't2'])
      expect(await ids({ site: 'hpc' })).toEqual(['t2'])
    })

    test('with one use let one of twenty join, and the others leave no trace', async () => {
      await store.write((tx) => tx.tokens.insert(makeToken()))
      const joins = Array.from({ length: 20 }, (_, index) =>
        store.write((tx) => join(tx, { id: `n${index}` })),
      )
      expect((await Promise.all(joins)).filter((slot) => slot === 1)).toHaveLength(1)
      expect(await store.read((reads) => reads.nodes.list())).toHaveLength(1)
    })
  })

  describe(`${name}: slots`, () => {
    const free = (request: { count?: number; at?: number; wanted?: number; role?: 'job' }) =>
      store.write((tx) =>
        tx.nodes.freeSlot({ site: 'aruba', role: 'node', count: 250, at: 100, ...request }),
      )

    test('are given from the lowest on, each once, in one site and role apart from others', async () => {
      await store.write((tx) => tx.tokens.insert(makeToken({ uses: 30 })))
      const sites = ['aruba', 'hpc']
      const joins = Array.from({ length: 30 }, (_, index) =>
        store.write((tx) => join(tx, { id: `n${index}`, site: sites[index % 2] ?? '' })),
      )
      const slots = await Promise.all(joins)
      expect(slots).toEqual(Array.from({ length: 30 }, (_, index) => Math.floor(index / 2) + 1))
      expect(await free({ role: 'job' })).toEqual({ slot: 1 })
    })

    test('are full at the end of their number', async () => {
      await insertNodes(store, { id: 'n1' })
      expect(await free({ count: 1 })).toEqual({ refused: 'full' })
      expect(await free({ count: 2 })).toEqual({ slot: 2 })
    })

    test('rest when their node is freed, and are the lowest again after that', async () => {
      await insertNodes(store, { id: 'n1' }, { id: 'n2', slot: 2 })
      await store.write((tx) => tx.nodes.free('n1', { state: 'left', at: 50, restUntil: 200 }))
      expect(await free({ at: 199 })).toEqual({ slot: 3 })
      expect(await free({ at: 199, count: 2 })).toEqual({ refused: 'full' })
      expect(await free({ at: 200 })).toEqual({ slot: 1 })
      await insertNodes(store, { id: 'n3' })
      expect(await free({ at: 300 })).toEqual({ slot: 3 })
    })

    test('can be asked for by number, and the gap below is filled first', async () => {
      expect(await free({ wanted: 5 })).toEqual({ slot: 5 })
      await insertNodes(store, { id: 'n5', slot: 5 })
      expect(await free({ wanted: 5 })).toEqual({ refused: 'taken' })
      expect(await free({ wanted: 0 })).toEqual({ refused: 'outside' })
      expect(await free({ wanted: 6, count: 5 })).toEqual({ refused: 'outside' })
      for (const slot of [1, 2, 3, 4, 6]) {
        expect(await free({})).toEqual({ slot })
        await insertNodes(store, { id: `n${slot}`, slot })
      }
      await store.write((tx) => tx.nodes.free('n5', { state: 'left', at: 50, restUntil: 200 }))
      expect(await free({ wanted: 5 })).toEqual({ refused: 'resting' })
    })

    test('are never given twice, and each of two rules sees to it', async () => {
      await insertNodes(store, { id: 'n1' })
      const again = () => insertNodes(store, { id: 'n2', slot: 1, name: 'another' })
      await expect(again()).rejects.toThrow(/unique/i)
      await database.execute('drop index nodes_slot')
      await expect(again()).rejects.toThrow('slot 1 of "aruba" is taken')
      expect(await nodeById(store, 'n2')).toBeUndefined()
    })

    test('are given to a node that waited for approval', async () => {
      await insertNodes(store, { id: 'n1', slot: null, state: 'pending' })
      const given = {
        slot: 1,
        name: 'aruba-1',
        addresses: ['10.200.1.1'],
        state: 'joining',
      } as const
      await store.write((tx) => tx.nodes.giveSlot({ id: 'n1', ...given }))
      expect(await nodeById(store, 'n1')).toMatchObject(given)
      expect(await free({})).toEqual({ slot: 2 })
      const again = store.write((tx) => tx.nodes.giveSlot({ id: 'n1', ...given, slot: 2 }))
      await expect(again).rejects.toThrow('no node "n1" waits for a slot')
    })
  })

  describe(`${name}: nodes`, () => {
    test('are found by what tells them', async () => {
      await insertNodes(store, { id: 'n1', previousCertificate: 'old' }, { id: 'n2', slot: 2 })
      const found = await store.read(async ({ nodes }) => [
        await nodes.byName('aruba-1'),
        await nodes.byCertificate('certificate-n1'),
        await nodes.byCertificate('old'),
        await nodes.byWireguardKey('wg-n1'),
      ])
      expect(found.map((node) => node?.id)).toEqual(['n1', 'n1', 'n1', 'n1'])
    })

    test('are found by token and key, while the answer may have been lost', async () => {
      await insertNodes(store, { id: 'n1', token: 't1', publicKey: 'k', created: 1000 })
      const find = (since: number, key = 'k') =>
        store.read(async ({ nodes }) => {
          const node = await nodes.byTokenAndKey({ token: 't1', publicKey: key, since })
          return node?.id
        })
      expect(await find(1000)).toBe('n1')
      expect(await find(1001)).toBeUndefined()
      expect(await find(0, 'other')).toBeUndefined()
    })

    test('are found by their ids while they live', async () => {
      await insertNodes(store, { id: 'n1' }, { id: 'n2', slot: 2 }, { id: 'n3', slot: 3 })
      await store.write((tx) => tx.nodes.free('n2', { state: 'left', at: 50, restUntil: 60 }))
      const byIds = (...ids: string[]) =>
        store.read(async ({ nodes }) => (await nodes.byIds(ids)).map(({ id }) => id))
      expect(await byIds('n3', 'n2', 'n1', "n'4")).toEqual(['n1', 'n3'])
      expect(await byIds()).toEqual([])
    })

    test('that are freed give back name and keys, and stay known by their certificate', async () => {
      await insertNodes(store, { id: 'n1' })
      const freeing = { state: 'left', at: 50, restUntil: 60 } as const
      expect(await store.write((tx) => tx.nodes.free('n1', freeing))).toBe(true)
      expect(await store.write((tx) => tx.nodes.free('n1', freeing))).toBe(false)
      expect(await store.write((tx) => tx.nodes.update('n1', { state: 'ready' }))).toBe(false)
      await insertNodes(store, { id: 'n2', wireguardKey: 'wg-n1' })
      const { byName, byCertificate } = await store.read(async ({ nodes }) => ({
        byName: await nodes.byName('aruba-1'),
        byCertificate: await nodes.byCertificate('certificate-n1'),
      }))
      expect([byName?.id, byCertificate?.id, byCertificate?.freed]).toEqual(['n2', 'n1', 50])
      const list = (freed: boolean) => store.read((reads) => reads.nodes.list({ freed }))
      expect([(await list(false)).length, (await list(true)).length]).toEqual([1, 2])
    })

    test('cannot share a WireGuard key or a certificate', async () => {
      await insertNodes(store, { id: 'n1' })
      const shared = [{ wireguardKey: 'wg-n1' }, { certificate: 'certificate-n1' }]
      for (const same of shared)
        await expect(insertNodes(store, { id: 'n2', slot: 2, ...same })).rejects.toThrow(/unique/i)
    })

    test('are seen by hubs, whose latest word counts, without a new generation', async () => {
      await insertNodes(store, { id: 'n1' })
      const before = await store.read((reads) => reads.feed.position())
      const see = (node: string, at: number) => ({ node, at, health: { rung: `wg${at}` } })
      await store.write((tx) => tx.nodes.see([see('n1', 7), see('n1', 5), see('unknown', 9)]))
      await store.write((tx) => tx.nodes.see([see('n1', 6)]))
      await store.write((tx) => tx.nodes.see([]))
      await store.write((tx) => tx.nodes.update('n1', { reported: 8, report: { state: 'ready' } }))
      const [node] = await store.read((reads) => reads.nodes.list())
      expect(node).toMatchObject({ lastSeen: 7, health: { rung: 'wg7' }, reported: 8 })
      expect(await store.read((reads) => reads.feed.position())).toEqual(before)
    })

    test('are silent when neither they nor a hub said anything', async () => {
      const old = { created: 10, joined: 20 }
      await insertNodes(
        store,
        { id: 'n1', slot: 1, ...old },
        { id: 'n2', slot: 2, ...old, reported: 100 },
        { id: 'n3', slot: 3, ...old },
        { id: 'n4', slot: 4, created: 100 },
      )
      await store.write((tx) => tx.nodes.see([{ node: 'n3', at: 100, health: {} }]))
      const silent = await store.read((reads) =>
        reads.nodes.silent({ site: 'aruba', role: 'node', since: 100 }),
      )
      expect(silent.map(({ id }) => id)).toEqual(['n1'])
    })

    test('are counted and filtered', async () => {
      await insertNodes(
        store,
        { id: 'n1', slot: 2, state: 'ready' },
        { id: 'n2', slot: 1, state: 'ready', class: 'cache' },
        { id: 'n3', slot: 1, site: 'hpc', token: 't2' },
      )
      expect(await store.read((reads) => reads.nodes.counts())).toEqual([
        { site: 'aruba', role: 'node', state: 'ready', count: 2 },
        { site: 'hpc', role: 'node', state: 'joining', count: 1 },
      ])
      const ids = (filter: object) =>
        store.read(async (reads) => (await reads.nodes.list(filter)).map(({ id }) => id))
      expect(await ids({})).toEqual(['n2', 'n1', 'n3'])
      expect(await ids({ site: 'aruba', class: 'cache', state: 'ready' })).toEqual(['n2'])
      expect(await ids({ token: 't2', role: 'node' })).toEqual(['n3'])
    })
  })

  describe(`${name}: feed`, () => {
    const since = (position?: { epoch: string; generation: number }) =>
      store.read((reads) => reads.feed.since(position))

    test('tells what changed, in order, and nothing twice', async () => {
      const empty = await since()
      expect(empty).toMatchObject({ kind: 'snapshot', nodes: [], hosts: [] })
      await insertNodes(store, { id: 'n2', slot: 2 })
      await insertNodes(store, { id: 'n1' })
      await store.write((tx) => tx.hosts.insert(makeHost({ id: 'hub2' })))
      const delta = await since(empty.position)
      expect(delta.kind).toBe('delta')
      expect(delta.nodes.map(({ id }) => id)).toEqual(['n2', 'n1'])
      expect(delta.hosts.map(({ id }) => id)).toEqual(['hub2'])
      expect(await since(delta.position)).toMatchObject({ kind: 'delta', nodes: [], hosts: [] })
    })

    test('a change of several nodes at once has one generation', async () => {
      await insertNodes(store, { id: 'n1' }, { id: 'n2', slot: 2 })
      const { nodes, position } = await since()
      expect(nodes.map(({ generation }) => generation)).toEqual([
        position.generation,
        position.generation,
      ])
    })

    test('followed step by step gives what a snapshot gives', async () => {
      let position = (await since()).position
      let known = new Map()
      const steps = [
        () => insertNodes(store, { id: 'n1' }, { id: 'n2', slot: 2 }),
        () => store.write((tx) => tx.nodes.free('n1', { state: 'left', at: 1, restUntil: 2 })),
        () => store.write((tx) => tx.nodes.update('n2', { state: 'revoked' })),
        () => insertNodes(store, { id: 'n3' }),
      ]
      for (const step of steps) {
        await step()
        const feed = await since(position)
        known = follow(known, feed)
        position = feed.position
        expect(known).toEqual(follow(new Map(), await since()))
      }
    })

    test('is a snapshot for who is too far behind, or comes from elsewhere', async () => {
      const start = (await since()).position
      await insertNodes(store, { id: 'n1' }, { id: 'n2', slot: 2 })
      await store.write((tx) => tx.nodes.free('n1', { state: 'left', at: 50, restUntil: 60 }))
      const later = (await since()).position
      expect(await store.write((tx) => tx.nodes.prune(50))).toBe(0)
      expect(await store.write((tx) => tx.nodes.prune(51))).toBe(1)
      const kinds = [start, later, { ...later, epoch: 'other' }, { ...later, generation: 2 ** 52 }]
      const feeds = []
      for (const position of kinds) feeds.push((await since(position)).kind)
      expect(feeds).toEqual(['snapshot', 'delta', 'snapshot', 'snapshot'])
    })

    test('goes on over a restart of the server', async () => {
      const { position } = await since()
      await reopen()
      await insertNodes(store, { id: 'n1' })
      expect(await since(position)).toMatchObject({ kind: 'delta', nodes: [{ id: 'n1' }] })
    })

    test('wakes who watches when there is something for hubs, and who waits for them', async () => {
      const wakes = async (change: () => Promise<unknown>): Promise<void> => {
        const { promise, resolve } = Promise.withResolvers<void>()
        const unwatch = store.watch(resolve)
        await change()
        await promise
        unwatch()
      }
      await wakes(() => store.write((tx) => tx.hosts.insert(makeHost({ id: 'hub1' }))))
      await wakes(() => insertNodes(store, { id: 'n1' }))
      // Whatever is still on its way of those before.
      await sleep(300)
      const watcher = vi.fn()
      const unwatch = store.watch(watcher)
      await store.write((tx) => tx.nodes.update('n1', { reported: 1 }))
      await sleep(300)
      expect(watcher).not.toHaveBeenCalled()
      unwatch()
      const { position } = await since()
      await wakes(() => store.write((tx) => tx.hosts.acknowledge('hub1', position, 9)))
    })
  })

  describe(`${name}: hosts, administrators, proofs`, () => {
    test('a host is known by name until it is revoked', async () => {
      await store.write((tx) => tx.hosts.insert(makeHost({ id: 'h1', name: 'hub1' })))
      const twin = store.write((tx) => tx.hosts.insert(makeHost({ id: 'h2', name: 'hub1' })))
      await expect(twin).rejects.toThrow(/unique/i)
      await store.write((tx) => tx.hosts.update('h1', { wireguardKey: 'new' }))
      expect(await store.write((tx) => tx.hosts.revoke('h1', 50))).toBe(true)
      expect(await store.write((tx) => tx.hosts.revoke('h1', 51))).toBe(false)
      await store.write((tx) => tx.hosts.insert(makeHost({ id: 'h2', name: 'hub1' })))
      const found = await store.read(async ({ hosts }) => [
        (await hosts.byName('hub', 'hub1'))?.id,
        (await hosts.byCertificate('certificate-h1'))?.revoked,
        (await hosts.byId('h1'))?.wireguardKey,
        (await hosts.list({ role: 'hub' })).length,
        (await hosts.list({ role: 'service' })).length,
      ])
      expect(found).toEqual(['h2', 50, 'new', 2, 0])
    })

    test('a hub acknowledges only what this store has given', async () => {
      await store.write((tx) => tx.hosts.insert(makeHost({ id: 'hub1' })))
      const { epoch, generation } = await store.read((reads) => reads.feed.position())
      const acknowledge = (position: { epoch: string; generation: number }) =>
        store.write((tx) => tx.hosts.acknowledge('hub1', position, 9))
      expect(await acknowledge({ epoch, generation })).toBe('known')
      expect(await acknowledge({ epoch, generation: generation + 1 })).toBe('never-given')
      expect(await acknowledge({ epoch: 'other', generation })).toBe('never-given')
      await store.write((tx) => tx.newEpoch({ reason: 'a test', actor: 'anna', at: 9 }))
      expect(await acknowledge({ epoch, generation })).toBe('other-epoch')
      expect(await store.read((reads) => reads.hosts.byId('hub1'))).toMatchObject({
        acknowledgedEpoch: epoch,
        acknowledgedGeneration: generation,
        acknowledged: 9,
      })
    })

    test('what a host says of its links is kept, and concerns no other', async () => {
      await store.write((tx) => tx.hosts.insert(makeHost({ id: 'hub1' })))
      const before = await store.read((reads) => reads.feed.position())
      const health = { links: [{ peer: 'ce', state: 'up' }] }
      await store.write((tx) => tx.hosts.noteHealth('hub1', health))
      expect(await store.read((reads) => reads.hosts.byId('hub1'))).toMatchObject({ health })
      expect(await store.read((reads) => reads.feed.position())).toEqual(before)
    })

    test('an administrator is known by certificate also when revoked', async () => {
      const admin = {
        id: 'a1',
        name: 'anna',
        role: 'viewer',
        site: 'aruba',
        certificate: 'c',
        created: 1,
        createdBy: 'root',
      } as const
      await store.write((tx) => tx.admins.insert(admin))
      expect(await store.write((tx) => tx.admins.revoke('a1', 5))).toBe(true)
      await store.write((tx) => tx.admins.insert({ ...admin, id: 'a2', certificate: 'c2' }))
      const found = await store.read(async ({ admins }) => [
        (await admins.byCertificate('c'))?.revoked,
        (await admins.byName('anna'))?.id,
        (await admins.list()).length,
      ])
      expect(found).toEqual([5, 'a2', 2])
    })

    test('a cursor is put, and found by whoever asks', async () => {
      const put = (sequence: number, holder: string) =>
        store.write((tx) => tx.cursors.put('syslog', { sequence, holder, until: 9 }))
      const found = () => store.read((reads) => reads.cursors.byName('syslog'))
      expect(await found()).toBeUndefined()
      await put(1, 'a')
      await put(2, 'b')
      expect(await found()).toEqual({ sequence: 2, holder: 'b', until: 9 })
    })

    test('those of one name are told apart, and when each was seen', async () => {
      await insertNodes(store, { id: 'n1' })
      await store.write((tx) => tx.nodes.free('n1', { state: 'left', at: 3, restUntil: 3 }))
      await insertNodes(store, { id: 'n0' })
      await store.write((tx) => tx.nodes.free('n0', { state: 'left', at: 4, restUntil: 4 }))
      await insertNodes(store, { id: 'n2' })
      await store.write((tx) => tx.nodes.see([{ node: 'n2', at: 5, health: { state: 'up' } }]))
      const found = await store.read(async ({ nodes }) => [
        (await nodes.namesakes('aruba-1')).map(({ id }) => id),
        (await nodes.namesakes('aruba-2')).length,
        await nodes.sighting('n2'),
        await nodes.sighting('n1'),
      ])
      const seen = { node: 'n2', at: 5, health: { state: 'up' } }
      expect(found).toEqual([['n2', 'n0', 'n1'], 0, seen, undefined])
    })

    test('lists of very many nodes have what is small, in order', async () => {
      await insertNodes(
        store,
        { id: 'n2', slot: 2, changedSshHostKeys: [] },
        { id: 'n1', report: { rung: 'wg' } },
      )
      await store.write((tx) => tx.nodes.see([{ node: 'n2', at: 5, health: { state: 'up' } }]))
      const listed = await store.read(({ nodes }) => nodes.briefs({ site: 'aruba' }))
      expect(listed).toMatchObject([
        { ...{ id: 'n1', hostKeysChanged: false, report: { rung: 'wg' } }, lastSeen: null },
        { ...{ id: 'n2', hostKeysChanged: true }, lastSeen: 5, health: { state: 'up' } },
      ])
      expect(Object.keys(listed[0] ?? {})).not.toContain('sshHostKeys')
    })

    test('a release gets another manifest', async () => {
      const release = {
        ...{ version: '1.0.0', platform: 'linux-x64', manifest: '{}', signature: 's' },
        ...{ hash: 'h', size: 1, created: 1, createdBy: 'anna' },
      }
      await store.write(async ({ releases }) => {
        await releases.insert(release)
        await releases.insert({ ...release, platform: 'linux-arm64' })
        await releases.renew({ ...release, manifest: '{"a":1}', signature: 't' })
      })
      const found = await store.read(({ releases }) => releases.list())
      expect(found).toEqual([
        { ...release, platform: 'linux-arm64' },
        { ...release, manifest: '{"a":1}', signature: 't' },
      ])
    })

    test('a proof is good once, until it has expired anyway', async () => {
      const use = (proof: string, at: number) =>
        store.write((tx) => tx.proofs.useOnce(proof, { at, expires: 100 }))
      expect(await Promise.all([use('p', 1), use('p', 1), use('q', 1)])).toEqual([
        true,
        false,
        true,
      ])
      expect([await use('p', 100), await use('p', 101)]).toEqual([false, true])
    })
  })

  describe(`${name}: audit`, () => {
    const append = (...entries: Partial<Parameters<typeof makeEntry>[0]>[]) =>
      store.write(async (tx) => {
        for (const entry of entries) await tx.audit.append(makeEntry(entry))
      })
    const verify = () => store.read(async (reads) => (await reads.audit.verify()).outcome)

    test('keeps what is hostile as it came, and finds it', async () => {
      const subject = '\0\ud800\u001b[31m{{x}}\n<script>'
      await append({ subject, detail: { name: subject }, addresses: ['10.0.0.1', '10.0.0.1'] })
      const [entry] = await store.read((reads) => reads.audit.list({ limit: 10 }))
      expect(entry).toMatchObject({ sequence: 1, subject, detail: { name: subject } })
      expect(await verify()).toBe('complete')
    })

    test('answers who had an address at a time', async () => {
      await append(
        { time: 100, subject: 'n1', addresses: ['10.0.0.1', 'fd00::1'] },
        { time: 200, subject: 'n1', action: 'leave', addresses: ['10.0.0.1'] },
        { time: 300, subject: 'n2', addresses: ['10.0.0.1'] },
      )
      const who = async (to: number, address = '10.0.0.1') => {
        const filter = { address, to, newestFirst: true, limit: 1 }
        const [entry] = await store.read((reads) => reads.audit.list(filter))
        return entry && `${entry.subject} ${entry.action}`
      }
      expect(await who(99)).toBeUndefined()
      expect(await who(150)).toBe('n1 join')
      expect(await who(200)).toBe('n1 leave')
      expect(await who(1000)).toBe('n2 join')
      expect(await who(1000, 'fd00::1')).toBe('n1 join')
    })

    test('is filtered, paged and followed', async () => {
      await append(
        { time: 1, actor: 'anna', action: 'token' },
        { time: 2, subject: 'n2' },
        { time: 3, subject: 'n3' },
      )
      const list = async (filter: object) =>
        (await store.read((reads) => reads.audit.list({ limit: 10, ...filter }))).map(
          ({ sequence }) => sequence,
        )
      expect(await list({ actor: 'anna' })).toEqual([1])
      expect(await list({ action: 'join', from: 2, to: 2 })).toEqual([2])
      expect(await list({ subject: 'n3' })).toEqual([3])
      expect(await list({ after: 1, limit: 1 })).toEqual([2])
      expect(await list({ newestFirst: true })).toEqual([3, 2, 1])
    })

    test('is searched by what it is about', async () => {
      await append(
        { detail: { site: 'aruba' }, subject: 'n1', addresses: ['10.0.0.1'] },
        { detail: { site: 'hpc' }, subject: 'n2', action: 'leave' },
        { source: '10.0.0.1', subject: 'n3', addresses: ['10.0.0.1'] },
        { subject: null, addresses: ['10.0.0.2'] },
        { subject: 'n1', addresses: ['10.0.0.1', '10.0.0.2'] },
      )
      const list = async (filter: object) =>
        (await store.read((reads) => reads.audit.list({ limit: 10, ...filter }))).map(
          ({ sequence }) => sequence,
        )
      expect(await list({ site: 'aruba' })).toEqual([1])
      expect(await list({ actions: ['leave', 'x'] })).toEqual([2])
      expect(await list({ actions: [] })).toEqual([])
      expect(await list({ address: '10.0.0.1' })).toEqual([1, 3, 5])
      expect(await list({ heldAddress: '10.0.0.1' })).toEqual([1, 5])
      expect(await list({ heldAddress: '10.0.0.2' })).toEqual([5])
      const about = { subjects: ['n2', 'n9'], addresses: ['10.0.0.2', '10.0.0.9'] }
      expect(await list({ about })).toEqual([2, 4, 5])
      expect(await list({ about: { ...about, addresses: [] }, site: 'hpc' })).toEqual([2])
      const edge = async (which: 'first' | 'last', filter: object) =>
        (await store.read((reads) => reads.audit.ofEachSubject(which, filter))).map(
          ({ sequence }) => sequence,
        )
      expect(await edge('first', {})).toEqual([1, 2, 3, 4])
      expect(await edge('last', { heldAddress: '10.0.0.1' })).toEqual([5])
      expect(await edge('last', { actions: ['join'] })).toEqual([3, 4, 5])
    })

    const forgeries = [
      "update audit set site = 'hpc' where sequence = 2 returning 1",
      "update audit set body = replace(body, 'n2', 'n9') where sequence = 2 returning 1",
      "update audit set subject = 'n9' where sequence = 2 returning 1",
      'update audit set time = 1 where sequence = 2 returning 1',
      'delete from audit where sequence = 2 returning 1',
    ]
    test.each(forgeries)('tells of a forgery: %s', async (forgery) => {
      await append({ subject: 'n1' }, { subject: 'n2' }, { subject: 'n3' })
      expect(await verify()).toBe('complete')
      await database.execute(forgery)
      expect(await verify()).toBe('broken')
    })

    test('is pruned from its beginning, and what is left is still checked', async () => {
      await append({ time: 1 }, { time: 2 }, { time: 9 }, { time: 3 })
      const prune = (before: number) => store.write((tx) => tx.audit.prune({ before, at: before }))
      expect([await prune(1), await prune(5), await prune(5)]).toEqual([0, 2, 0])
      const entries = await store.read((reads) => reads.audit.list({ limit: 10 }))
      expect(entries.map(({ sequence }) => sequence)).toEqual([3, 4, 5])
      expect(entries[2]).toMatchObject({ action: 'audit-prune', detail: { pruned: 2 } })
      expect(await verify()).toBe('complete')
      expect(await prune(1000)).toBe(3)
      await append({})
      expect(await verify()).toBe('complete')
      await database.execute("update meta set anchor_hash = 'x' returning 1")
      expect(await verify()).toBe('broken')
    })

    test('is checked portion by portion', async () => {
      await append(...Array.from({ length: 1500 }, () => ({})))
      const first = await store.read((reads) => reads.audit.verify())
      expect(first).toMatchObject({ checked: { sequence: 1000 }, outcome: 'goes-on' })
      const second = await store.read((reads) => reads.audit.verify(first.checked))
      expect(second).toMatchObject({ checked: { sequence: 1500 }, outcome: 'complete' })
      expect(second.checked).toEqual(await store.read((reads) => reads.audit.head()))
    })
  })

  describe(`${name}: restored from a backup`, () => {
    /** A store with a hub, a token and two nodes is saved; then much happens that the backup lacks. */
    const live = async () => {
      await store.write(async (tx) => {
        await tx.tokens.insert(makeToken({ uses: 10 }))
        await tx.hosts.insert(makeHost({ id: 'hub1' }))
        for (const id of ['n1', 'n2', 'n3']) await join(tx, { id })
      })
      await store.close()
      await database.backup()
      store = await database.open()
      await store.write(async (tx) => {
        await join(tx, { id: 'n4' })
        await tx.nodes.update('n1', { state: 'revoked' })
        await tx.nodes.update('n2', { certificate: 'renewed', previousCertificate: null })
        await tx.nodes.free('n3', { state: 'left', at: 20, restUntil: 20 })
        await join(tx, { id: 'n5', at: 30 })
      })
      const feed = await store.read((reads) => reads.feed.since())
      await store.close()
      await database.restore()
      return feed
    }
    const askSlot = () =>
      store.write((tx) => tx.nodes.freeSlot({ site: 'aruba', role: 'node', count: 9, at: 99 }))

    test('it is known by the mark, and closes its tokens until they are opened', async () => {
      const { position } = await live()
      store = await database.open()
      expect(store.opened.restored).toBe('the mark beside the store is from another history')
      const now = await store.read((reads) => reads.feed.position())
      expect(now.epoch).not.toBe(position.epoch)
      expect(await store.write((tx) => tx.tokens.countUse('t1'))).toBe(false)
      expect(await store.write((tx) => tx.tokens.open('t1'))).toBe(true)
      expect(await store.write((tx) => tx.tokens.countUse('t1'))).toBe(true)
      await reopen()
      expect(store.opened.restored).toBeUndefined()
      expect(await store.read((reads) => reads.feed.position())).toMatchObject({ epoch: now.epoch })
    })

    test('without a mark, a hub tells that it knows more', async () => {
      const { position } = await live()
      rmSync(`${database.folder}/store.mark`)
      store = await database.open()
      expect(store.opened.restored).toBeUndefined()
      await store.write((tx) => join(tx, { id: 'n6' }))
      const said = await store.write((tx) => tx.hosts.acknowledge('hub1', position, 40))
      expect(said).toBe('never-given')
      const renewal = { reason: 'hub1 knows more', actor: 'server', at: 40 }
      await store.write((tx) => tx.newEpoch(renewal))
      expect(await askSlot()).toEqual({ refused: 'reseeding' })
      const entries = await store.read((reads) => reads.audit.list({ action: 'epoch', limit: 9 }))
      expect(entries).toMatchObject([{ detail: { reason: 'hub1 knows more' } }])
    })

    test('the hubs bring back who lives and who was revoked, and no slot is given twice', async () => {
      const { nodes } = await live()
      store = await database.open()
      expect(await askSlot()).toEqual({ refused: 'reseeding' })
      const reseed = () => store.write((tx) => tx.reseed({ nodes, at: 50, restUntil: 60 }))
      expect(await reseed()).toEqual({ added: 2, changed: 2, kept: 0 })
      expect(await reseed()).toEqual({ added: 0, changed: 0, kept: 4 })
      await store.write((tx) => tx.hosts.seeded('hub1'))
      const known = await store.read((reads) => reads.nodes.list())
      expect(known.map(({ id, slot, state }) => `${id} ${slot} ${state}`)).toEqual([
        'n1 1 revoked',
        'n2 2 joining',
        'n5 3 joining',
        'n4 4 joining',
      ])
      expect(await nodeById(store, 'n3')).toMatchObject({ state: 'left', freed: 50 })
      expect(await nodeById(store, 'n2')).toMatchObject({ certificate: 'renewed' })
      expect(await askSlot()).toEqual({ slot: 5 })
    })

    test('what an older hub tells, or what changed since, is not undone', async () => {
      const { nodes } = await live()
      store = await database.open()
      await store.write((tx) => tx.reseed({ nodes, at: 50, restUntil: 60 }))
      await store.write((tx) => tx.nodes.update('n4', { state: 'ready' }))
      const older = nodes.map((node) => ({
        ...node,
        generation: node.generation - 1,
        certificate: `older-${node.id}`,
        state: node.id === 'n2' ? ('revoked' as const) : ('joining' as const),
      }))
      const n3 = { ...makeNode({ id: 'n3', slot: 3 }), generation: 1, freed: null }
      const told = { nodes: [...older, n3], at: 70, restUntil: 80 }
      expect(await store.write((tx) => tx.reseed(told))).toEqual({ added: 0, changed: 1, kept: 4 })
      const known = await store.read((reads) => reads.nodes.list())
      expect(known.map(({ id, state, certificate }) => `${id} ${state} ${certificate}`)).toEqual([
        'n1 revoked certificate-n1',
        'n2 revoked renewed',
        'n5 joining certificate-n5',
        'n4 ready certificate-n4',
      ])
    })

    test('of two nodes with one slot or key, the one made later has it', async () => {
      const { nodes } = await live()
      store = await database.open()
      const reseed = (told: typeof nodes) =>
        store.write((tx) => tx.reseed({ nodes: told, at: 50, restUntil: 60 }))
      await reseed(nodes)
      const gone = { ...makeNode({ id: 'gone', slot: 3, created: 20 }), generation: 1, freed: null }
      expect(await reseed([gone])).toMatchObject({ kept: 1 })
      const later = { ...gone, id: 'later', created: 40, certificate: 'c', wireguardKey: 'wg-n4' }
      expect(await reseed([later])).toMatchObject({ added: 1 })
      const stolen = nodes
        .filter(({ id }) => id === 'n2')
        .map((node) => ({ ...node, generation: 2 ** 50, wireguardKey: 'wg-n4' }))
      expect(await reseed(stolen)).toMatchObject({ changed: 1 })
      const known = await store.read((reads) => reads.nodes.list({ freed: true }))
      expect(known.map(({ id, state }) => `${id} ${state}`).sort()).toEqual([
        'later joining',
        'n1 revoked',
        'n2 left',
        'n3 left',
        'n4 left',
        'n5 left',
      ])
    })

    test('nor what was forgotten before the backup', async () => {
      await insertNodes(store, { id: 'n8', slot: 8 }, { id: 'n9', slot: 9 })
      const { nodes } = await store.read((reads) => reads.feed.since())
      await store.write(async (tx) => {
        await tx.nodes.free('n8', { state: 'left', at: 50, restUntil: 50 })
        await tx.nodes.free('n9', { state: 'revoked', at: 11, restUntil: 12 })
        await tx.nodes.prune(12)
      })
      const { nodes: later } = await live()
      store = await database.open()
      expect(await store.write((tx) => tx.nodes.prune(100))).toBe(0)
      const told = { nodes: [...nodes, ...later], at: 50, restUntil: 60 }
      expect(await store.write((tx) => tx.reseed(told))).toMatchObject({ added: 2 })
      expect(await nodeById(store, 'n9')).toBeUndefined()
      await store.write((tx) => tx.hosts.seeded('hub1'))
      expect(await store.write((tx) => tx.nodes.prune(100))).toBe(2)
    })

    test('a hub from an epoch that the store never had tells of it once', async () => {
      const { epoch } = await store.read((reads) => reads.feed.position())
      const lost = { epoch: 'lost', generation: 7 }
      const standing = (position = lost) => store.read((reads) => reads.feed.standing(position))
      expect(await standing()).toBe('never-given')
      await store.write((tx) => tx.newEpoch({ reason: 'a test', actor: 'hub1', at: 9, lost }))
      expect(await standing()).toBe('other-epoch')
      expect(await standing({ epoch, generation: 7 })).toBe('other-epoch')
      await store.write((tx) => tx.newEpoch({ reason: 'a test', actor: 'hub1', at: 9, lost }))
    })

    test('a hub that will not come back is not waited for when it was revoked', async () => {
      await live()
      store = await database.open()
      expect(await store.read((reads) => reads.hosts.toSeed())).toMatchObject([{ id: 'hub1' }])
      await store.write((tx) => tx.hosts.revoke('hub1', 60))
      expect(await askSlot()).toEqual({ slot: 4 })
    })
  })
}
