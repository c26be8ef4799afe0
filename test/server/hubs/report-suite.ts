import { describe, expect, test } from 'vitest'
import type { RequestOf } from '../../../src/protocol/endpoints.ts'
import { linksDown } from '../../../src/server/readiness.ts'
import { startTestServer, type TestServer } from '../test-server.ts'
import type { ServerDatabase } from './databases.ts'
import { addNode, enrolHost } from './hub-client.ts'

type Heard = NonNullable<RequestOf<'hubReport'>['nodes']>[number]

/** What hubs say, over the wire. */
export function reportSuite(name: string, makeDatabase: () => Promise<ServerDatabase>): void {
  const start = async () => {
    const { database } = await makeDatabase()
    const server = await startTestServer({ server: { database } })
    return { server, hub: await enrolHost(server, { name: 'hub1' }) }
  }
  const tunnels = async ({ server: { store } }: TestServer) => {
    const entries = await store.read((reads) => reads.audit.list({ limit: 5000 }))
    return entries.filter(({ action }) => action.startsWith('tunnel-'))
  }
  const up = (node: string, over: Partial<Heard> = {}): Heard => ({
    node,
    state: 'up',
    at: Date.now(),
    rung: 'wg',
    outer: { address: '198.51.100.7', port: 40_000 },
    ...over,
  })

  describe(`${name}: a hub's report`, () => {
    test('is kept as the sighting of each node, and its tunnel is in the audit once', async () => {
      const { server, hub } = await start()
      const node = await addNode(server, { slot: 1 })
      const before = await server.server.store.read(({ feed }) => feed.position())
      const report = () => hub.report({ nodes: [up(node.id, { rx: 5 }), up('unknown')] })
      await report()
      const answer = await report()
      expect(answer.position).toBe(`${before.epoch}.${before.generation}`)
      const [known] = await server.server.store.read(({ nodes }) => nodes.list())
      expect(known).toMatchObject({
        health: { hub: 'hub1', state: 'up', rung: 'wg', outer: { port: 40_000 }, rx: 5 },
      })
      expect(await tunnels(server)).toMatchObject([
        {
          action: 'tunnel-up',
          actor: 'hub1',
          subject: node.id,
          source: '127.0.0.1',
          addresses: ['10.200.1.1', '198.51.100.7'],
          detail: { name: 'aruba-1', site: 'aruba', rung: 'wg', outer: { port: 40_000 } },
        },
      ])
      await hub.report({ nodes: [{ node: node.id, state: 'down', at: Date.now() }] })
      expect((await tunnels(server)).map(({ action }) => action)).toEqual([
        'tunnel-up',
        'tunnel-down',
      ])
    })

    test('with a clock of its own is understood', async () => {
      const { server, hub } = await start()
      const node = await addNode(server, { slot: 1 })
      const ahead = Date.now() + 3_600_000
      const earliest = Date.now() - 10_000
      await hub.report({ time: ahead, nodes: [up(node.id, { at: ahead - 10_000 })] })
      const [known] = await server.server.store.read(({ nodes }) => nodes.list())
      expect(known?.lastSeen).toBeGreaterThanOrEqual(earliest)
      expect(known?.lastSeen).toBeLessThanOrEqual(Date.now() - 10_000)
    })

    test('of more changes than the audit takes at once is told to its end by later ones', async () => {
      const { server, hub } = await start()
      const ids: string[] = []
      for (let slot = 1; slot <= 1100; slot++) {
        const address = `10.200.${1 + (slot >> 8)}.${slot & 255}`
        ids.push((await addNode(server, { slot, addresses: [address] })).id)
      }
      const nodes = ids.map((id) => up(id))
      await hub.report({ nodes: nodes.slice(0, 1) })
      await hub.report({ nodes })
      expect(await tunnels(server)).toHaveLength(1001)
      await hub.report({ nodes })
      expect(new Set((await tunnels(server)).map(({ subject }) => subject))).toEqual(new Set(ids))
      await hub.report({ nodes })
      expect(await tunnels(server)).toHaveLength(1100)
    })

    test('of a node that flaps does not flood the audit', async () => {
      const { server, hub } = await start()
      const node = await addNode(server, { slot: 1 })
      for (let port = 1; port <= 20; port++) {
        const outer = { address: '198.51.100.7', port }
        await hub.report({ nodes: [up(node.id, { outer }), up(node.id, { outer })] })
      }
      expect(await tunnels(server)).toHaveLength(6)
      const [known] = await server.server.store.read(({ nodes }) => nodes.list())
      expect(known?.health).toMatchObject({ outer: { port: 20 }, told: { outer: { port: 6 } } })
    })

    test('revokes what was revoked at the hub, once', async () => {
      const { server, hub } = await start()
      const [node, gone] = [await addNode(server, { slot: 1 }), await addNode(server, { slot: 2 })]
      await server.server.store.write(({ nodes }) =>
        nodes.free(gone.id, { state: 'left', at: 1, restUntil: 2 }),
      )
      const { position } = await hub.feed()
      for (let time = 0; time < 2; time++)
        await hub.report({ revoked: [node.id, gone.id, 'unknown', node.id] })
      expect((await hub.feed({ since: position })).nodes).toMatchObject([
        { id: node.id, state: 'revoked' },
      ])
      const entries = await server.server.store.read((reads) =>
        reads.audit.list({ action: 'node-revoke', limit: 9 }),
      )
      expect(entries).toMatchObject([
        { actor: 'hub1', subject: node.id, source: '127.0.0.1', addresses: ['10.200.1.1'] },
      ])
    })

    test('keeps the health of links that there are', async () => {
      const { server, hub } = await start()
      const links = [
        { peer: 'ce', state: 'up', roundTrip: 1 },
        { peer: 'nowhere', state: 'down' },
      ] as const
      await hub.report({ links: [...links] })
      await hub.report({ links: [{ peer: 'hub1', state: 'down', problem: '\u001b[31mno route' }] })
      const known = await server.server.store.read(({ hosts }) => hosts.byId(hub.id))
      expect(known?.health).toMatchObject({
        links: [links[0], { peer: 'hub1', state: 'down', problem: '\ufffd[31mno route' }],
      })
    })

    test('of a link that goes down or comes back is a line of the audit, once', async () => {
      const { server, hub } = await start()
      const down = { peer: 'ce', state: 'down', problem: 'no answer from 192.0.2.22' } as const
      for (const link of [{ peer: 'ce', state: 'up' } as const, down, down]) {
        await hub.report({ links: [link] })
        await hub.report({ sites: [] })
      }
      const entries = await server.server.store.read(({ audit }) => audit.list({ limit: 5000 }))
      expect(entries.filter(({ action }) => action.startsWith('link-'))).toMatchObject([
        { action: 'link-up', actor: 'hub1', subject: 'ce', source: '127.0.0.1', detail: {} },
        { action: 'link-down', actor: 'hub1', subject: 'ce', detail: { problem: down.problem } },
      ])
      const told = async () =>
        linksDown(await server.server.store.read(({ hosts }) => hosts.list()))
      expect(await told()).toEqual([
        'the link of hub "hub1" to "ce" is down: no answer from 192.0.2.22',
      ])
      await hub.report({ links: [{ peer: 'ce', state: 'up' }] })
      expect(await told()).toEqual([])
    })

    test('has what nodes and sites had of their limits, and who is held back', async () => {
      const { server, hub } = await start()
      const node = await addNode(server, { slot: 1 })
      const use = { limit: 20e6, peak: 19e6, average: 5e6, dropped: 3 }
      const sites = [{ site: 'aruba', rx: use, held: 'no \u001b[31mifb' }, { site: 'nowhere' }]
      await hub.report({ sites, nodes: [up(node.id, { limits: { rx: use } })] })
      const kept = await server.server.store.read(({ hosts }) => hosts.byId(hub.id))
      expect(kept?.health).toMatchObject({
        sites: {
          uses: [{ site: 'aruba', rx: use, held: 'no \ufffd[31mifb' }, { site: 'nowhere' }],
        },
      })
      const known = async () => (await server.server.store.read(({ nodes }) => nodes.list()))[0]
      expect((await known())?.health).toMatchObject({ limits: { rx: use } })
      await hub.report({ links: [{ peer: 'ce', state: 'up' }], nodes: [up(node.id)] })
      const later = await server.server.store.read(({ hosts }) => hosts.byId(hub.id))
      expect(later?.health).toMatchObject({ sites: { uses: [{ rx: use }, {}] } })
      expect((await known())?.health).not.toHaveProperty('limits')
      await hub.report({ sites: [], hub: { tx: use, held: 'no \u001b[31mifb' } })
      const last = await server.server.store.read(({ hosts }) => hosts.byId(hub.id))
      expect(last?.health).toMatchObject({
        sites: { uses: [], hub: { tx: use, held: 'no \ufffd[31mifb' } },
      })
      await hub.report({ sites: [] })
      const after = await server.server.store.read(({ hosts }) => hosts.byId(hub.id))
      expect(after?.health?.['sites']).not.toHaveProperty('hub')
    })

    test('of a service host has links and an acknowledgement, and no word about nodes', async () => {
      const { server } = await start()
      const ce = await enrolHost(server, { role: 'service', name: 'ce' })
      const node = await addNode(server, { slot: 1 })
      const applied = (await ce.feed()).position
      await ce.report({ applied, links: [{ peer: 'hub1', state: 'up' }], nodes: [], revoked: [] })
      expect(await server.server.store.read(({ hosts }) => hosts.byId(ce.id))).toMatchObject({
        acknowledgedGeneration: Number(applied.split('.')[1]),
        health: { links: [{ peer: 'hub1' }] },
      })
      const words = [
        { nodes: [up(node.id)] },
        { revoked: [node.id] },
        { sites: [{ site: 'aruba' }] },
        { hub: {} },
      ]
      for (const word of words)
        await expect(ce.report(word)).rejects.toMatchObject({ body: { code: 'not-allowed' } })
      const [known] = await server.server.store.read(({ nodes }) => nodes.list())
      expect(known).toMatchObject({ state: 'ready', health: null })
    })
  })
}
