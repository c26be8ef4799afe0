import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DynfarmError } from '../../../src/errors.ts'
import type { Call } from '../../../src/server/call.ts'
import { takeSeed } from '../../../src/server/hubs/seed.ts'
import { makeToken } from '../../store/records.ts'
import { startTestServer, type TestServer } from '../test-server.ts'
import { makeActingHub } from './acting-hub.ts'
import { auditOf, positionOf } from './ask-store.ts'
import type { ServerDatabase } from './databases.ts'
import { addNode, enrolHost } from './hub-client.ts'

/** What every engine has to pass when its store was restored from a backup. */
export function restoreSuite(name: string, makeDatabase: () => Promise<ServerDatabase>): void {
  const start = async ({ database }: ServerDatabase) => startTestServer({ server: { database } })
  const again = async (server: TestServer): Promise<TestServer> =>
    startTestServer({ like: server, stateDir: server.stateDir })

  describe(`${name}: restored from a backup`, () => {
    /** A server with two hubs, a token and two nodes is saved; then much happens that the backup lacks. */
    const live = async () => {
      const database = await makeDatabase()
      let server = await start(database)
      const hubs = [
        makeActingHub(await enrolHost(server, { name: 'hub1' })),
        makeActingHub(await enrolHost(server, { name: 'hub2' })),
      ] as const
      const [kept, revoked] = [
        await addNode(server, { slot: 1 }),
        await addNode(server, { slot: 2 }),
      ]
      await server.server.store.write(async ({ tokens }) => {
        await tokens.insert(makeToken({ id: 'before', uses: 2 }))
      })
      for (const hub of hubs) await hub.sync(server)
      await server.close()
      await database.backup(server)
      server = await again(server)
      const joined = await addNode(server, { slot: 3 })
      await server.server.store.write(async ({ nodes, tokens }) => {
        await nodes.update(revoked.id, { state: 'revoked' })
        await tokens.countUse('before')
        await tokens.countUse('before')
        await tokens.insert(makeToken({ id: 'after' }))
      })
      for (const hub of hubs) await hub.sync(server)
      await server.close()
      await database.restore(server)
      return { server, hubs, kept, revoked, joined }
    }
    const askSlot = ({ server: { store } }: TestServer) =>
      store.write((tx) => tx.nodes.freeSlot({ site: 'aruba', role: 'node', count: 9, at: 99 }))
    const useToken = ({ server: { store } }: TestServer, id: string) =>
      store.write((tx) => tx.tokens.countUse(id))

    test('the hubs bring back what it lost, and nothing that was shut out', async () => {
      const { server: old, hubs, kept, revoked, joined } = await live()
      const server = await again(old)
      expect(await askSlot(server)).toEqual({ refused: 'reseeding' })
      expect(await useToken(server, 'before')).toBe(false)

      await hubs[0].sync(server)
      expect(await askSlot(server)).toEqual({ refused: 'reseeding' })
      await hubs[1].sync(server)
      expect(await askSlot(server)).toEqual({ slot: 4 })
      for (const hub of hubs) {
        await hub.sync(server)
        expect(hub.live().map(({ id }) => id)).toEqual(expect.arrayContaining([kept.id, joined.id]))
        expect(hub.nodes.get(revoked.id)?.state).toBe('revoked')
      }
      const known = await server.server.store.read(({ nodes }) => nodes.list())
      expect(known.map(({ id, slot, state }) => [id, slot, state])).toEqual([
        [kept.id, 1, 'ready'],
        [revoked.id, 2, 'revoked'],
        [joined.id, 3, 'ready'],
      ])
      const back = await server.server.store.read(({ nodes }) =>
        nodes.byCertificate(joined.certificate ?? ''),
      )
      expect(back).toMatchObject({ id: joined.id, addresses: ['10.200.1.3'], freed: null })

      expect(await useToken(server, 'before')).toBe(false)
      expect(await server.server.store.write(({ tokens }) => tokens.open('before'))).toBe(true)
      expect(await useToken(server, 'before')).toBe(true)
      expect(await useToken(server, 'after')).toBe(false)
      expect(await auditOf(server, 'hub-seed')).toMatchObject([
        { actor: 'hub1', detail: { added: 1, changed: 1, kept: 1, refused: 0 } },
        { actor: 'hub2', detail: { added: 0, changed: 0, kept: 3, refused: 0 } },
      ])
      const entries = await server.server.store.read((reads) =>
        reads.audit.list({ address: '10.200.1.3', limit: 9 }),
      )
      expect(entries).toMatchObject([{ action: 'node-seed', subject: joined.id }])
    })

    test('a seed that broke off half-way is given again', async () => {
      const { server: old, hubs, joined } = await live()
      const server = await again(old)
      const [hub] = hubs
      const here = hub.client.at(server)
      const told = await here.feed({ since: hub.position ?? '' })
      expect(told).toMatchObject({ kind: 'snapshot', seed: true })
      const from = { since: told.position, config: told.configHash }
      expect(await here.feed({ ...from, wait: '60' })).toMatchObject({ kind: 'delta', seed: true })
      const nodes = [...hub.nodes.values()]
      const seed = { position: hub.position ?? '', nodes, revoked: [] }
      await server.server.store.write((tx) =>
        tx.reseed({ nodes: nodes.filter(({ id }) => id === joined.id), at: 50, restUntil: 60 }),
      )
      await here.seed(seed)
      await here.seed(seed)
      const counts = (await auditOf(server, 'hub-seed')).map(({ detail }) => detail)
      expect(counts).toMatchObject([
        { added: 0, changed: 1, kept: 2 },
        { added: 0, changed: 0, kept: 3 },
      ])
      expect((await here.feed()).seed).toBe(false)
    })

    test('a hub that is in the new epoch already is heard still', async () => {
      const { server: old, hubs, joined } = await live()
      const server = await again(old)
      for (const { client, nodes } of hubs) {
        const here = client.at(server)
        const { position } = await here.feed()
        await here.seed({ position, nodes: [...nodes.values()], revoked: [] })
        expect((await here.feed({ since: position })).seed).toBe(false)
      }
      expect(await askSlot(server)).toEqual({ slot: 4 })
      const known = await server.server.store.read(({ nodes }) => nodes.byIds([joined.id]))
      expect(known).toHaveLength(1)
    })

    test('without a mark, each hub is a witness of what was lost', async () => {
      for (const way of ['feed', 'report', 'seed'] as const) {
        const { server: old, hubs, joined } = await live()
        rmSync(join(old.stateDir, 'server', 'store.mark'))
        const server = await again(old)
        const before = await positionOf(server)
        const [hub] = hubs
        const here = hub.client.at(server)
        const position = hub.position ?? ''
        if (way === 'feed')
          expect(await here.feed({ since: position })).toMatchObject({ seed: true })
        if (way === 'report') await here.report({ applied: position })
        if (way === 'seed')
          await here.seed({ position, nodes: [...hub.nodes.values()], revoked: [] })
        expect((await positionOf(server)).epoch).not.toBe(before.epoch)
        expect(await auditOf(server, 'epoch')).toMatchObject([{ actor: 'hub1' }])
        expect(await askSlot(server)).toEqual({ refused: 'reseeding' })
        for (const one of hubs) await one.sync(server)
        expect(await auditOf(server, 'epoch')).toHaveLength(1)
        expect(await askSlot(server)).toEqual({ slot: 4 })
        expect(hub.live().map(({ id }) => id)).toContain(joined.id)
      }
    })

    test('a hub from an epoch that the store never had is heeded once', async () => {
      const server = await start(await makeDatabase())
      const hub = await enrolHost(server, { name: 'hub1' })
      const { epoch } = await positionOf(server)
      expect(await hub.feed({ since: 'lost.7' })).toMatchObject({ kind: 'snapshot', seed: true })
      const now = await positionOf(server)
      expect(now.epoch).not.toBe(epoch)
      expect(await hub.feed({ since: 'lost.7' })).toMatchObject({ kind: 'snapshot', seed: true })
      await hub.report({ applied: 'lost.7' })
      expect((await positionOf(server)).epoch).toBe(now.epoch)
    })

    test('who left by the word of a hub frees a slot, which rests', async () => {
      const { server: old, hubs, kept } = await live()
      const server = await again(old)
      const [hub, other] = hubs
      const nodes = [...hub.nodes.values()].map((node) =>
        node.id === kept.id
          ? { ...node, state: 'left' as const, freed: 30, generation: 2 ** 50 }
          : node,
      )
      const position = `${hub.position?.split('.')[0]}.${2 ** 49}`
      await hub.client.at(server).seed({ position, nodes, revoked: [] })
      await other.sync(server)
      const hour = 3_600_000
      const ask = (at: number) =>
        server.server.store.write((tx) =>
          tx.nodes.freeSlot({ site: 'aruba', role: 'node', count: 9, wanted: 1, at }),
        )
      expect(await ask(Date.now() + hour / 2)).toEqual({ refused: 'resting' })
      expect(await ask(Date.now() + hour)).toEqual({ slot: 1 })
    })

    test('a seed ends where the store fails, and no hub is taken for heard', async () => {
      const { server: old, hubs } = await live()
      const server = await again(old)
      const [hub] = hubs
      const { store } = server.server
      const host = await store.read(({ hosts }) => hosts.byId(hub.client.id))
      if (host === undefined) throw new Error('there is no such host')
      let writes = 0
      const failing: TestServer['server'] = {
        ...server.server,
        store: {
          ...store,
          write: (work) => {
            writes += 1
            if (writes === 3) throw new DynfarmError('store-unavailable', 'the disk is full')
            return store.write(work)
          },
        },
      }
      const body = { position: hub.position ?? '', nodes: [...hub.nodes.values()], revoked: [] }
      const call = { caller: { kind: 'hub', host }, source: null, body } as unknown
      await expect(takeSeed(call as Call<'hubSeed'>, failing)).rejects.toMatchObject({
        code: 'store-unavailable',
      })
      expect(await askSlot(server)).toEqual({ refused: 'reseeding' })
    })

    test('a service host is no witness', async () => {
      const server = await start(await makeDatabase())
      const ce = await enrolHost(server, { role: 'service', name: 'ce' })
      const before = await positionOf(server)
      const lost = `${before.epoch}.${before.generation + 1000}`
      expect(await ce.feed({ since: lost })).toMatchObject({ kind: 'snapshot', seed: false })
      expect(await ce.feed({ since: 'other.7' })).toMatchObject({ kind: 'snapshot', seed: false })
      await ce.report({ applied: lost })
      expect(await ce.send('hubSeed', { position: lost, nodes: [], revoked: [] })).toMatchObject({
        status: 401,
        body: { code: 'certificate-refused' },
      })
      expect((await positionOf(server)).epoch).toBe(before.epoch)
    })

    test('a hub that enrolled anew is asked for what it knew before', async () => {
      const { server: old, hubs, joined } = await live()
      const server = await again(old)
      for (const { client } of hubs)
        await server.server.store.write((tx) => tx.hosts.revoke(client.id, 1))
      const anew = await enrolHost(server, { name: 'hub1' })
      const known = { position: hubs[0].position ?? '', nodes: [...hubs[0].nodes.values()] }
      expect(await anew.feed({ since: known.position })).toMatchObject({ seed: true })
      await anew.seed({ ...known, revoked: [joined.id] })
      const told = await anew.feed()
      expect(told.seed).toBe(false)
      expect(told.nodes.find(({ id }) => id === joined.id)?.state).toBe('revoked')
    })

    test('who was revoked at a hub alone stays so, though another hub knows it as live', async () => {
      const { server: old, hubs, joined } = await live()
      hubs[0].revoke(joined.id)
      const server = await again(old)
      for (const hub of hubs) await hub.sync(server)
      for (const hub of hubs) await hub.sync(server)
      expect(hubs[1].nodes.get(joined.id)?.state).toBe('revoked')
      expect(await auditOf(server, 'node-revoke')).toMatchObject([
        { actor: 'hub1', subject: joined.id, addresses: ['10.200.1.3'] },
      ])
    })

    test('what a hub tells is put where the configuration has it, and what cannot be is left', async () => {
      const { server: old, hubs } = await live()
      const server = await again(old)
      const [hub] = hubs
      const like = [...hub.nodes.values()][0]
      if (like === undefined) throw new Error('the hub knows no node')
      const other = (id: string, digit: string) => ({
        ...like,
        id,
        certificate: `4${digit.repeat(31)}`,
        wireguardKey: null,
        generation: like.generation + 5,
      })
      const nodes = [
        { ...other('moved', '1'), slot: 7, name: 'aruba-9', addresses: ['10.200.1.9'] },
        {
          ...other('elsewhere', '2'),
          site: 'gone',
          slot: 1,
          addresses: ['10.200.1.1', '10.7.0.1'],
        },
        { ...other('twin', '1'), slot: 8 },
        { ...other('over', '3'), slot: 6, state: 'left' as const },
        { ...other('nowhere', '4'), slot: null, name: null, addresses: [] },
      ]
      await hub.client.at(server).seed({ position: hub.position ?? '', nodes, revoked: [] })
      const told = (await hub.client.at(server).feed()).nodes
      const byId = new Map(told.map((node) => [node.id, `${node.name} ${node.addresses}`]))
      const moved = byId.has('moved')
      expect(byId.get(moved ? 'moved' : 'twin')).toBe(
        moved ? 'aruba-7 10.200.1.7' : 'aruba-8 10.200.1.8',
      )
      expect(byId.get('elsewhere')).toBe('gone-1 10.7.0.1')
      expect(byId.has('over') || byId.has('nowhere')).toBe(false)
      expect(await auditOf(server, 'hub-seed')).toMatchObject([
        { detail: { added: 2, changed: 0, kept: 0, refused: 1 } },
      ])
      expect(server.said.text).toContain('cannot be taken in')
    })

    test('a seed that nobody asked for changes nothing', async () => {
      const server = await start(await makeDatabase())
      const hub = await enrolHost(server, { name: 'hub1' })
      const node = await addNode(server, { slot: 1 })
      const told = await hub.feed()
      await server.server.store.write(({ nodes }) =>
        nodes.free(node.id, { state: 'left', at: 1, restUntil: 2 }),
      )
      const back = told.nodes.map((one) => ({ ...one, id: 'back', slot: 2, name: 'aruba-2' }))
      await hub.seed({ position: told.position, nodes: back, revoked: [] })
      expect((await hub.feed()).nodes).toEqual([])
      expect(await auditOf(server, 'hub-seed')).toEqual([])
    })
  })
}
