import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { revokeHost } from '../../../src/server/hubs/revoke.ts'
import { waitForHubs } from '../../../src/server/hubs/wait.ts'
import { counted } from '../counted.ts'
import { startTestServer, type TestServer, writeProfile } from '../test-server.ts'
import { auditOf, positionOf } from './ask-store.ts'
import type { ServerDatabase } from './databases.ts'
import { addNode, enrolHost } from './hub-client.ts'
import { waitPatiently } from './patient.ts'

/** What every engine has to pass of what hosts are told. */
export function hubSuite(name: string, makeDatabase: () => Promise<ServerDatabase>): void {
  const start = async () =>
    startTestServer({ server: { database: (await makeDatabase()).database } })

  describe(`${name}: the feed`, () => {
    test('begins with a snapshot, goes on with what changed, and tells the configuration once', async () => {
      const server = await start()
      const hub = await enrolHost(server, { name: 'hub1' })
      const first = await addNode(server, { slot: 1 })
      const snapshot = await hub.feed()
      expect(snapshot).toMatchObject({ kind: 'snapshot', seed: false, nodes: [{ id: first.id }] })
      expect(snapshot.hosts).toMatchObject([{ id: hub.id, role: 'hub', revoked: null }])
      expect(snapshot.config?.tunnels.map((tunnel) => tunnel.name)).toEqual(['wg', 'udp'])

      const second = await addNode(server, { slot: 2 })
      const since = { since: snapshot.position }
      const delta = await hub.feed({ ...since, config: snapshot.configHash })
      expect(delta).toMatchObject({ kind: 'delta', nodes: [{ id: second.id, name: 'aruba-2' }] })
      expect(delta.config).toBeUndefined()
      expect((await hub.feed(since)).config).toEqual(snapshot.config)
      expect((await hub.feed({ config: snapshot.configHash })).config).toEqual(snapshot.config)
      const nothing = await hub.feed({ since: delta.position, config: delta.configHash })
      expect(nothing).toMatchObject({ kind: 'delta', nodes: [], hosts: [] })
      expect(nothing.position).toBe(delta.position)
    })

    test('is held open until something changes', async () => {
      const server = await start()
      const hub = await enrolHost(server, { name: 'hub1' })
      const { position: since, configHash: config } = await hub.feed()
      const held = hub.feed({ since, config, wait: '30' })
      await sleep(200)
      const node = await addNode(server, { slot: 1 })
      expect(await held).toMatchObject({ kind: 'delta', nodes: [{ id: node.id }] })
    })

    test('ends when nothing changes for so long, and at once when the server ends', async () => {
      const { handlers, calls } = counted('feed')
      const { database } = await makeDatabase()
      const server = await startTestServer({ server: { database }, handlers })
      const hub = await enrolHost(server, { name: 'hub1' })
      const { position: since, configHash: config } = await hub.feed()
      expect(await hub.feed({ since, config, wait: '1' })).toMatchObject({ position: since })
      const held = hub.feed({ since, config, wait: '60' })
      await expect.poll(calls).toBe(3)
      await Promise.all([server.close(), held])
      expect(await held).toMatchObject({ kind: 'delta', position: since, nodes: [] })
    })

    test('tells of a configuration that was read again', async () => {
      const server = await start()
      const hub = await enrolHost(server, { name: 'hub1' })
      const { position: since, configHash: config } = await hub.feed()
      const held = hub.feed({ since, config, wait: '30' })
      await sleep(200)
      writeProfile(server.configDir, {
        ...server.server.profile().centre,
        domain: 'other.example.org',
      })
      await server.server.reload()
      const told = await held
      expect(told).toMatchObject({ position: since, config: { domain: 'other.example.org' } })
      expect(told.configHash).not.toBe(config)
    })

    test('is a snapshot again for who is too far behind', async () => {
      const server = await start()
      const hub = await enrolHost(server, { name: 'hub1' })
      const { position: since } = await hub.feed()
      const gone = await addNode(server, { slot: 1 })
      const stays = await addNode(server, { slot: 2 })
      await server.server.store.write(async ({ nodes }) => {
        await nodes.free(gone.id, { state: 'left', at: 50, restUntil: 60 })
        await nodes.prune(51)
      })
      expect(await hub.feed({ since })).toMatchObject({
        kind: 'snapshot',
        nodes: [{ id: stays.id }],
      })
    })

    test('gives a service host the nodes that may reach it, without their keys, and the hubs', async () => {
      const server = await start()
      const hub = await enrolHost(server, { name: 'hub1' })
      const ce = await enrolHost(server, { role: 'service', name: 'ce' })
      await enrolHost(server, { role: 'service', name: 'other' })
      const node = await addNode(server, { slot: 1 })
      await addNode(server, { slot: 1, site: 'unknown', name: 'unknown-1' })
      const told = await ce.feed()
      expect(told.nodes).toMatchObject([
        { id: node.id, name: 'aruba-1', certificate: null, wireguardKey: null, sshHostKeys: [] },
      ])
      expect(told.hosts.map(({ id }) => id).sort()).toEqual([ce.id, hub.id].sort())
      expect(told.config).toMatchObject({ tunnels: [], links: [{ hub: 'hub1', service: 'ce' }] })

      const { position: since, configHash: config } = told
      expect((await ce.feed({ since, config })).kind).toBe('delta')
      writeProfile(server.configDir, {
        ...server.server.profile().centre,
        domain: 'other.example.org',
      })
      await server.server.reload()
      expect(await ce.feed({ since, config })).toMatchObject({
        kind: 'snapshot',
        nodes: [{ id: node.id }],
      })
    })

    test('leaves out who waits for approval', async () => {
      const server = await start()
      const hub = await enrolHost(server, { name: 'hub1' })
      const { position: since } = await hub.feed()
      const pending = { slot: null, name: null, addresses: [], state: 'pending' } as const
      await addNode(server, pending as never)
      expect((await hub.feed()).nodes).toEqual([])
      expect((await hub.feed({ since })).nodes).toEqual([])
    })

    test('ends for a host that is revoked, who then has no way in', async () => {
      const server = await start()
      const [hub, other] = [
        await enrolHost(server, { name: 'hub1' }),
        await enrolHost(server, { name: 'hub2' }),
      ]
      const { position: since, configHash: config } = await hub.feed()
      const told = await other.feed()
      const held = hub.feed({ since, config, wait: '30' })
      await sleep(200)
      const by = { at: 77, actor: 'anna', source: '192.0.2.9' }
      const revoke = (host: string) =>
        server.server.store.write((tx) => revokeHost(tx, { host, ...by }))
      const [ended, revoked] = await Promise.allSettled([held, revoke('hub1')])
      expect(ended).toMatchObject({ reason: { body: { code: 'certificate-revoked' } } })
      expect(revoked).toMatchObject({ value: { id: hub.id } })
      expect(await revoke('hub1')).toBeUndefined()
      expect(await revoke(hub.id)).toBeUndefined()
      await expect(hub.feed()).rejects.toMatchObject({ body: { code: 'certificate-revoked' } })
      expect((await other.feed({ since: told.position })).hosts).toMatchObject([
        { id: hub.id, revoked: 77 },
      ])
      expect(await auditOf(server, 'host-revoke')).toMatchObject([
        { actor: 'anna', subject: hub.id, detail: { role: 'hub', name: 'hub1' } },
      ])
    })

    test('a name that a hub and a service have is not guessed at', async () => {
      const server = await start()
      const hub = await enrolHost(server, { name: 'both' })
      const service = await enrolHost(server, { role: 'service', name: 'both' })
      const revoke = (host: string) =>
        server.server.store.write((tx) =>
          revokeHost(tx, { host, at: 1, actor: 'anna', source: null }),
        )
      await expect(revoke('both')).rejects.toMatchObject({ code: 'not-found' })
      expect(await revoke(service.id)).toMatchObject({ id: service.id })
      expect(await revoke('both')).toMatchObject({ id: hub.id })
      expect(await revoke('nobody')).toBeUndefined()
    })
  })

  describe(`${name}: waiting for the hubs`, () => {
    const never = new AbortController().signal

    test('ends at once when no hub is connected', async () => {
      const server = await start()
      expect(await waitForHubs(server.server, await positionOf(server), never)).toBe(true)
      await enrolHost(server, { name: 'hub1' })
      expect(await waitForHubs(server.server, await positionOf(server), never)).toBe(true)
    })

    test('ends when each connected hub has it in force, and not before', async () => {
      const server = await start()
      const hubs = [
        await enrolHost(server, { name: 'hub1' }),
        await enrolHost(server, { name: 'hub2' }),
      ]
      for (const hub of hubs) await hub.report({ applied: (await hub.feed()).position })
      await addNode(server, { slot: 1 })
      const done: string[] = []
      const waited = waitPatiently(server.server, await positionOf(server)).then((all) => {
        done.push('waited')
        return all
      })
      for (const hub of hubs) {
        await sleep(100)
        done.push(hub.name)
        await hub.report({ applied: (await hub.feed()).position })
      }
      expect(await waited).toBe(true)
      expect(done).toEqual(['hub1', 'hub2', 'waited'])
    })

    test('ends after a while without a hub that does not answer, at once without one that is gone', async () => {
      const server = await start()
      const hub = await enrolHost(server, { name: 'hub1' })
      await hub.report({ applied: (await hub.feed()).position })
      await addNode(server, { slot: 1 })
      const position = await positionOf(server)
      expect(await waitForHubs(server.server, position, never)).toBe(false)
      expect(await waitForHubs(server.server, position, AbortSignal.timeout(50))).toBe(false)
      expect(await waitForHubs(server.server, position, AbortSignal.abort())).toBe(false)
      const later = { ...server.server, now: () => Date.now() + 61_000 }
      expect(await waitForHubs(later, position, never)).toBe(true)
      await server.server.store.write(({ hosts }) => hosts.revoke(hub.id, 1))
      expect(await waitForHubs(server.server, position, never)).toBe(true)
    })

    test('costs a thousand joins at once a few looks at the store', async () => {
      const server = await start()
      const hub = await enrolHost(server, { name: 'hub1' })
      await hub.report({ applied: (await hub.feed()).position })
      await addNode(server, { slot: 1 })
      const { store } = server.server
      let reads = 0
      let watchers = 0
      const counted: TestServer['server'] = {
        ...server.server,
        store: {
          ...store,
          read: (work) => {
            reads += 1
            return store.read(work)
          },
          watch: (listener) => {
            watchers += 1
            const end = store.watch(listener)
            return () => {
              watchers -= 1
              end()
            }
          },
        },
      }
      const position = await positionOf(server)
      const waits = Array.from({ length: 1000 }, () => waitPatiently(counted, position))
      expect(watchers).toBe(1)
      await hub.report({ applied: (await hub.feed()).position })
      expect(new Set(await Promise.all(waits))).toEqual(new Set([true]))
      expect(reads).toBeLessThan(10)
      expect(watchers).toBe(0)
    })
  })
}
