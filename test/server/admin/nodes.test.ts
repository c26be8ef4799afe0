import { beforeEach, describe, expect, test } from 'vitest'
import { renderNodes } from '../../../src/client/admin/node-list.ts'
import { renderNode } from '../../../src/client/admin/node-show.ts'
import { isObject } from '../../../src/protocol/publish.ts'
import { insertNodes, makeHost, makeToken, nodeById } from '../../store/records.ts'
import { listActs } from '../acts.ts'
import { type Asker, personOf, rootOf } from '../ask.ts'
import { knownNode, otherSshKey, sshKey } from '../known-node.ts'
import { sites, startTestServer, type TestServer } from '../test-server.ts'

const minute = 60_000
const now = Date.now()

let server: TestServer
let root: Asker
beforeEach(async () => {
  const hpc = { ...sites['aruba'], site: 'hpc', nodes: '10.200.2.0/24' }
  server = await startTestServer({ sites: { ...sites, hpc }, now: () => now })
  root = rootOf(server)
})

const store = () => server.server.store
const audit = () => listActs(store())
const see = (id: string, at: number, health: object) =>
  store().write(({ nodes }) => nodes.see([{ node: id, at, health: { ...health } }]))
const generation = async () => (await store().read(({ feed }) => feed.position())).generation

describe('the list', () => {
  beforeEach(() =>
    insertNodes(
      store(),
      knownNode(1, { state: 'ready', report: { state: 'ready', version: '1.2.3', rung: 'udp' } }),
      knownNode(2, { changedSshHostKeys: [otherSshKey] }),
      knownNode(3, { site: 'hpc', name: 'hpc-3', addresses: ['10.200.2.3'] }),
      knownNode(4, { slot: null, name: null, addresses: [], state: 'pending', certificate: null }),
    ),
  )
  const names = async (asker: Asker, query: Record<string, string> = {}) =>
    (await asker('nodeList', { query })).answer.nodes.map(({ name, id }) => name ?? id)

  test('has what the store, the node and the hubs know', async () => {
    const outer = { address: '192.0.2.9', port: 7 }
    const tunnel = { hub: 'hub1', state: 'up', mtu: 1420, rx: 70, tx: 80 }
    await see('id-1', now, { ...tunnel, rung: 'wg', outer, lines: { since: 1 } })
    const { answer } = await root('nodeList')
    expect(answer.nodes.find(({ id }) => id === 'id-1')).toMatchObject({
      ...{ name: 'aruba-1', site: 'aruba', state: 'ready', lastSeen: now, rung: 'wg' },
      ...{ outer, tunnel, version: '1.2.3', hostKeysChanged: false },
    })
    expect(answer.nodes.find(({ id }) => id === 'id-2')).toMatchObject({
      ...{
        hostKeysChanged: true,
        lastSeen: null,
        rung: null,
        outer: null,
        tunnel: null,
        version: null,
      },
    })
    expect(answer.nodes.map((one) => 'facts' in one || 'sshHostKeys' in one)).not.toContain(true)
    const { nodes } = (await root('nodeList', { query: { keys: 'ssh', site: 'hpc' } })).answer
    expect(nodes.map(({ sshHostKeys }) => sshHostKeys)).toEqual([[sshKey]])
  })

  test('is of one site or one state', async () => {
    expect((await names(root)).sort()).toEqual(['aruba-1', 'aruba-2', 'hpc-3', 'id-4'])
    expect(await names(root, { site: 'hpc' })).toEqual(['hpc-3'])
    expect(await names(root, { state: 'pending' })).toEqual(['id-4'])
    expect(await names(root, { site: 'aruba', state: 'ready' })).toEqual(['aruba-1'])
    expect(await names(root, { site: 'nowhere' })).toEqual([])
    await store().write((tx) => tx.nodes.free('id-1', { state: 'left', at: 1, restUntil: 1 }))
    expect(await names(root, { site: 'aruba', state: 'ready' })).toEqual([])
    expect(await names(root, { state: 'left' })).toEqual(['aruba-1'])
    expect(await names(root, { state: 'forgotten' })).toEqual([])
  })

  test('is for an administrator of one site of that site', async () => {
    const viewer = await personOf(server, { name: 'vera', rank: 'viewer', site: 'hpc' })
    expect(await names(viewer)).toEqual(['hpc-3'])
    expect(await names(viewer, { site: 'hpc', state: 'joining' })).toEqual(['hpc-3'])
    const foreign = await viewer('nodeList', { query: { site: 'aruba' } })
    expect(foreign.problem.code).toBe('not-allowed')
  })
})

test('ten thousand nodes are listed whole', async () => {
  await store().write(async (tx) => {
    for (let slot = 1; slot <= 10_000; slot++) {
      const name = `aruba-${slot}`
      const addresses = [`10.201.${slot >> 8}.${slot & 255}`]
      await tx.nodes.insert({ ...knownNode(slot), name, addresses, wireguardKey: null })
    }
  })
  const { answer } = await root('nodeList')
  expect(new Set(answer.nodes.map(({ name }) => name)).size).toBe(10_000)
})

describe('one node', () => {
  const show = (asker: Asker, text: string) => asker('nodeShow', { params: { node: text } })

  test('is shown by its name and its id, with all that is known', async () => {
    const identity = { machineId: 'm', dmiUuid: null, instanceId: 'i-1' }
    const machine = { ...identity, bootIds: ['newest', 'older'], isProved: true }
    const report = { state: 'failed', version: '1.2.3', problems: [] }
    await insertNodes(store(), knownNode(1, { machine, report, changedSshHostKeys: [otherSshKey] }))
    await store().write(({ tokens }) => tokens.insert(makeToken({ id: 'AAAAAAAAAAA' })))
    await see('id-1', now, { state: 'up', rung: 'wg' })
    const shown = (await show(root, 'aruba-1')).answer
    expect((await show(root, 'id-1')).answer).toEqual(shown)
    expect(shown).toMatchObject({
      ...{ id: 'id-1', name: 'aruba-1', fqdn: 'aruba-1.farm.example.org', rung: 'wg' },
      ...{ identity: { ...identity, bootId: 'newest' }, isProved: true },
      ...{ facts: { hostname: 'vm-1', cpus: 4 }, report, lastSeen: now },
      ...{ hostKeysChanged: true, sshHostKeys: [sshKey], changedSshHostKeys: [otherSshKey] },
      ...{ token: 'AAAAAAAAAAA', tokenCreatedBy: 'anna' },
    })
  })

  test('is shown when little is known of it', async () => {
    const bare = { slot: null, name: null, addresses: [], certificate: null, token: null }
    await insertNodes(
      store(),
      knownNode(1, { ...bare, machine: null, facts: {}, state: 'pending' }),
    )
    const { answer } = await show(root, 'id-1')
    expect(answer).toMatchObject({ name: null, fqdn: null, identity: {}, tokenCreatedBy: null })
    expect(answer.report).toBeUndefined()
  })

  test('of a name that several had is the one that lives, or the last one', async () => {
    await insertNodes(store(), knownNode(1))
    await store().write((tx) => tx.nodes.free('id-1', { state: 'left', at: 5, restUntil: 5 }))
    expect((await show(root, 'aruba-1')).answer).toMatchObject({ id: 'id-1', state: 'left' })
    await insertNodes(store(), knownNode(2, { slot: 1, name: 'aruba-1' }))
    expect((await show(root, 'aruba-1')).answer.id).toBe('id-2')
    expect((await show(root, 'id-1')).answer.id).toBe('id-1')
  })

  test('that is not there, or not of one’s site, is not found', async () => {
    await insertNodes(store(), knownNode(1))
    const viewer = await personOf(server, { name: 'vera', rank: 'viewer', site: 'hpc' })
    const [none, foreign] = [await show(viewer, 'aruba-9'), await show(viewer, 'aruba-1')]
    expect(none.problem).toMatchObject({ code: 'not-found', detail: 'no node "aruba-9"' })
    expect(foreign.problem).toMatchObject({ code: 'not-found', detail: 'no node "aruba-1"' })
  })
})

type Act = 'nodeApprove' | 'nodeRevoke' | 'nodeForget' | 'nodeRefresh' | 'nodeAcceptKey'
const acts: Act[] = ['nodeRevoke', 'nodeForget', 'nodeRefresh', 'nodeAcceptKey']
const act = (name: Act, text: string, { asker = root, quarantine = false } = {}) =>
  asker(name, {
    params: { node: text },
    ...(name === 'nodeRevoke' && { body: { quarantine } as never }),
  })

describe.each(acts)('%s', (name) => {
  test('is for whom may operate, of that site, on a node that lives', async () => {
    await insertNodes(store(), knownNode(1, { changedSshHostKeys: [otherSshKey] }))
    const viewer = await personOf(server, { name: 'vera', rank: 'viewer' })
    const foreign = await personOf(server, { name: 'olga', rank: 'operator', site: 'hpc' })
    const own = await personOf(server, { name: 'otto', rank: 'operator', site: 'aruba' })
    expect((await act(name, 'aruba-1', { asker: viewer })).problem.code).toBe('not-allowed')
    expect((await act(name, 'aruba-1', { asker: foreign })).problem.code).toBe('not-found')
    expect((await act(name, 'aruba-2')).problem.code).toBe('not-found')
    expect(await audit()).toEqual([])
    expect((await act(name, 'aruba-1', { asker: own })).answer).toEqual({ changed: ['aruba-1'] })
    expect(await audit()).toMatchObject([
      {
        ...{ actor: 'otto', subject: 'id-1', source: '127.0.0.1', outcome: 'done' },
        ...{ addresses: ['10.200.1.1', '127.0.0.1'], detail: { site: 'aruba', name: 'aruba-1' } },
      },
    ])
    await store().write((tx) => tx.nodes.free('id-1', { state: 'left', at: 1, restUntil: 1 }))
    const { problem } = await act(name, 'id-1')
    expect(problem).toMatchObject({ code: 'not-found', detail: expect.stringContaining('it is') })
  })
})

describe('revoking', () => {
  test('shuts a node out once, and tells the hubs at once', async () => {
    await insertNodes(store(), knownNode(1, { state: 'ready' }))
    const since = await store().read(({ feed }) => feed.position())
    expect((await act('nodeRevoke', 'aruba-1')).answer).toEqual({ changed: ['aruba-1'] })
    const feed = await store().read((reads) => reads.feed.since(since))
    expect(feed.nodes).toMatchObject([{ id: 'id-1', state: 'revoked' }])
    expect((await act('nodeRevoke', 'aruba-1')).answer).toEqual({ changed: [] })
    expect((await audit()).map(({ action, detail }) => [action, detail['was']])).toEqual([
      ['node-revoke', 'ready'],
    ])
  })

  test.each([
    ['ready', { state: 'ready', version: '1.2.3' }],
    ['joining', null],
  ])(
    'with quarantine is ended by an approval: it is %s then, as it said last',
    async (state, report) => {
      await insertNodes(store(), knownNode(1, { state: 'ready', report }))
      await act('nodeRevoke', 'aruba-1', { quarantine: true })
      expect((await act('nodeApprove', 'aruba-1')).answer).toEqual({ changed: ['aruba-1'] })
      expect(await nodeById(store(), 'id-1')).toMatchObject({ state, name: 'aruba-1', slot: 1 })
      expect((await act('nodeApprove', 'aruba-1')).problem).toMatchObject({
        detail: `"aruba-1" does not wait: it is ${state}`,
      })
      expect((await audit())[1]).toMatchObject({
        action: 'node-approve',
        detail: { name: 'aruba-1', was: 'quarantined' },
      })
    },
  )

  test('with quarantine leaves it its ssh, and can go further but not back', async () => {
    await insertNodes(store(), knownNode(1, { state: 'ready' }))
    const quarantine = () => act('nodeRevoke', 'aruba-1', { quarantine: true })
    expect((await quarantine()).answer).toEqual({ changed: ['aruba-1'] })
    expect(await nodeById(store(), 'id-1')).toMatchObject({ state: 'quarantined' })
    expect((await quarantine()).answer).toEqual({ changed: [] })
    expect((await act('nodeRevoke', 'id-1')).answer).toEqual({ changed: ['aruba-1'] })
    expect((await quarantine()).problem).toMatchObject({
      ...{ code: 'request-unfit', detail: '"aruba-1" was revoked, which is not taken back' },
    })
    expect(await nodeById(store(), 'id-1')).toMatchObject({ state: 'revoked' })
  })

  test('ends a machine that waits, which has no ssh to be left', async () => {
    const waiting = { slot: null, name: null, addresses: [], certificate: null }
    await insertNodes(store(), knownNode(1, { ...waiting, state: 'pending' }))
    const { problem } = await act('nodeRevoke', 'id-1', { quarantine: true })
    expect(problem.detail).toBe('"id-1" was never let in')
    expect((await act('nodeRevoke', 'id-1')).answer).toEqual({ changed: ['id-1'] })
  })
})

describe('forgetting', () => {
  const up = { state: 'up', rung: 'wg' }
  const cases: [
    string,
    Parameters<typeof knownNode>[1],
    [number, object] | undefined,
    string | undefined,
  ][] = [
    ['a node that no hub ever saw', {}, undefined, undefined],
    ['a node that was just seen', {}, [now - minute, up], 'node-alive'],
    ['a quarantined one that was just seen', { state: 'quarantined' }, [now, up], 'node-alive'],
    ['a node that was just seen to go', {}, [now, { ...up, state: 'down' }], undefined],
    ['a node that was seen a while ago', {}, [now - 5 * minute - 1, up], undefined],
    ['a revoked node that was just seen', { state: 'revoked' }, [now, up], undefined],
  ]
  test.each(cases)('%s', async (_, over, seen, code) => {
    await insertNodes(store(), knownNode(1, over))
    if (seen !== undefined) await see('id-1', ...seen)
    const { problem } = await act('nodeForget', 'aruba-1')
    expect(problem?.code).toBe(code)
    const known = await nodeById(store(), 'id-1')
    expect(known?.freed).toBe(code === undefined ? now : null)
    if (code === undefined) expect(known?.state).toBe(over?.state ?? 'forgotten')
  })

  test('lets the slot rest as long as its site says', async () => {
    const short = { ...sites['aruba'], quarantine: '10m' }
    server = await startTestServer({ sites: { aruba: short }, now: () => now })
    root = rootOf(server)
    await insertNodes(store(), knownNode(1), knownNode(2, { site: 'gone', name: 'gone-2' }))
    await act('nodeForget', 'aruba-1')
    await act('nodeForget', 'gone-2')
    const ask = (site: string, wanted: number, at: number) =>
      store().write((tx) => tx.nodes.freeSlot({ site, role: 'node', count: 9, wanted, at }))
    expect(await ask('aruba', 1, now + 10 * minute - 1)).toEqual({ refused: 'resting' })
    expect(await ask('aruba', 1, now + 10 * minute)).toEqual({ slot: 1 })
    expect(await ask('gone', 2, now + 60 * minute - 1)).toEqual({ refused: 'resting' })
    expect(await ask('gone', 2, now + 60 * minute)).toEqual({ slot: 2 })
  })
})

test('a node is asked to join again, which concerns no hub', async () => {
  await insertNodes(store(), knownNode(1, { state: 'ready' }))
  const before = { node: await nodeById(store(), 'id-1'), generation: await generation() }
  await act('nodeRefresh', 'aruba-1')
  const after = await nodeById(store(), 'id-1')
  expect(after).toEqual({ ...before.node, refresh: expect.any(Number) })
  expect(await generation()).toBe(before.generation)
})

test('a hub or a service host is revoked by its name, by who is for all sites', async () => {
  await store().write(({ hosts }) => hosts.insert(makeHost({ id: 'h1', name: 'hub1' })))
  expect((await act('nodeRevoke', 'hub1')).answer).toEqual({ changed: ['hub1'] })
  const host = await store().read(({ hosts }) => hosts.byId('h1'))
  expect(host?.revoked).toEqual(expect.any(Number))
  expect((await act('nodeRevoke', 'hub1')).problem.code).toBe('not-found')
})

test('a hub that is called like a node is not revoked in its place', async () => {
  await insertNodes(store(), knownNode(1))
  await store().write(({ hosts }) => hosts.insert(makeHost({ id: 'h1', name: 'aruba-1' })))
  expect((await act('nodeRevoke', 'aruba-1')).answer).toEqual({ changed: ['aruba-1'] })
  expect(await nodeById(store(), 'id-1')).toMatchObject({ state: 'revoked' })
  expect(await store().read(({ hosts }) => hosts.byId('h1'))).toMatchObject({ revoked: null })
})

test('a hub is not revoked by who may not let one in', async () => {
  await store().write(({ hosts }) => hosts.insert(makeHost({ id: 'h1', name: 'hub1' })))
  const operator = await personOf(server, { name: 'otto', rank: 'operator' })
  const ofSite = await personOf(server, { name: 'anna', rank: 'admin', site: 'aruba' })
  expect((await act('nodeRevoke', 'hub1', { asker: operator })).problem.code).toBe('not-allowed')
  expect((await act('nodeRevoke', 'hub1', { asker: ofSite })).problem.code).toBe('not-found')
  const { problem } = await act('nodeRevoke', 'hub1', { quarantine: true })
  expect(problem.code).toBe('not-found')
  expect(await store().read(({ hosts }) => hosts.byId('h1'))).toMatchObject({ revoked: null })
  expect(await audit()).toEqual([])
})

test('host keys that changed are accepted once', async () => {
  await insertNodes(store(), knownNode(1, { changedSshHostKeys: [otherSshKey] }))
  expect((await act('nodeAcceptKey', 'aruba-1')).answer).toEqual({ changed: ['aruba-1'] })
  const known = await nodeById(store(), 'id-1')
  expect(known).toMatchObject({ sshHostKeys: [otherSshKey], changedSshHostKeys: null })
  expect((await act('nodeAcceptKey', 'aruba-1')).answer).toEqual({ changed: [] })
  expect(isObject((await audit())[0]?.detail)).toBe(true)
  expect(await audit()).toHaveLength(1)
})

test('who has no place in the profile any more is listed with what of it is gone', async () => {
  const inSite = { class: null }
  await insertNodes(
    store(),
    knownNode(1, inSite),
    knownNode(2, { site: 'os', name: 'os-2' }),
    knownNode(3, { class: 'cache' }),
    knownNode(4, { ...inSite, role: 'job', name: 'aruba-job-4' }),
    knownNode(5, { site: 'os', name: 'os-5' }),
    knownNode(999, { ...inSite, addresses: ['10.200.3.9'] }),
  )
  await store().write((tx) => tx.nodes.free('id-5', { state: 'left', at: 1, restUntil: 1 }))
  const { nodes } = (await root('nodeList')).answer
  expect(Object.fromEntries(nodes.map(({ id, placeGone }) => [id, placeGone]))).toEqual({
    'id-1': null,
    'id-2': 'the centre has no site "os" any more',
    'id-3': 'site "aruba" has no class "cache" any more',
    'id-999': 'the range of site "aruba" ends before slot 999',
    'id-4': 'site "aruba" has no addresses for a job',
  })
  const { nodes: left } = (await root('nodeList', { query: { state: 'left' } })).answer
  expect(left).toMatchObject([{ id: 'id-5', placeGone: null }])
  const shown = (await root('nodeShow', { params: { node: 'os-2' } })).answer
  expect(renderNode(shown)).toMatch(/^no place +the centre has no site "os" any more$/m)
  const colours = { green: String, yellow: String, red: String }
  const lines = renderNodes(nodes, { now, colours }).split('\n')
  expect(lines.filter((line) => line.includes('no place in the profile'))).toHaveLength(4)
})

test('limits are told of sites and nodes, and who is held back at which hub', async () => {
  const limited = { ...sites['aruba'], limits: { rx: '20Mbit' } }
  server = await startTestServer({ sites: { aruba: limited }, now: () => now })
  root = rootOf(server)
  const rx = { limit: 20e6, peak: 19e6, average: 5e6, dropped: 3 }
  const uses = [
    { site: 'aruba', rx, held: 'no ifb' },
    { site: 'gone', rx },
  ]
  await store().write(async ({ hosts }) => {
    for (const name of ['hub1', 'hub2'])
      await hosts.insert(makeHost({ id: name, name, certificate: name }))
    await hosts.noteHealth('hub1', { at: 1, links: [], sites: { at: 9, uses } })
  })
  await insertNodes(store(), knownNode(1), knownNode(2), knownNode(3))
  await see('id-1', now, { hub: 'hub1', state: 'up', rung: 'wg', limits: { rx } })
  await see('id-2', now, { hub: 'hub2', state: 'up', rung: 'wg' })
  await see('id-3', now, { hub: 'hub1', state: 'up', rung: 'socks' })
  const { answer } = await root('siteList')
  expect(answer.sites).toMatchObject([
    { site: 'aruba', limits: { rx: 20e6 }, hubs: [{ hub: 'hub1', at: 9, rx, held: 'no ifb' }] },
  ])
  const { nodes } = (await root('nodeList')).answer
  expect(nodes.map(({ limits, held }) => [limits, held])).toEqual([
    [{ rx }, 'no ifb'],
    [null, null],
    [null, null],
  ])
  const shown = (await root('nodeShow', { params: { node: 'aruba-1' } })).answer
  expect(shown).toMatchObject({ limits: { rx }, held: 'no ifb' })
})

test('limits of hubs are told to who sees all sites', async () => {
  const hub = (at: number, limits: object) => ({
    ...{ public: `192.0.2.${at}`, local: `192.0.2.${at}`, inner: `10.200.0.${at}`, limits },
  })
  const hubs = {
    hub1: hub(1, { rx: '30Mbit', tx: '1Gbit' }),
    hub2: hub(2, {}),
    hub3: hub(3, { rx: '1M' }),
  }
  server = await startTestServer({ centre: { hubs }, now: () => now })
  root = rootOf(server)
  const rx = { limit: 30e6, peak: 19e6, average: 5e6, dropped: 3 }
  await store().write(async ({ hosts }) => {
    for (const name of ['hub1', 'hub2'])
      await hosts.insert(makeHost({ id: name, name, certificate: name }))
    const told = { at: 9, uses: [], hub: { rx, held: 'no ifb' } }
    for (const name of ['hub1', 'hub2'])
      await hosts.noteHealth(name, { at: 1, links: [], sites: told })
  })
  expect((await root('siteList')).answer.hubs).toEqual([
    { hub: 'hub1', limits: { rx: 30e6, tx: 1e9 }, at: 9, rx, held: 'no ifb' },
    { hub: 'hub3', limits: { rx: 1e6 } },
  ])
  const viewer = await personOf(server, { name: 'vera', rank: 'viewer', site: 'aruba' })
  expect((await viewer('siteList')).answer).not.toHaveProperty('hubs')
})

describe('sites', () => {
  test('tell how full they are', async () => {
    const waiting = { slot: null, name: null, addresses: [], state: 'pending' as const }
    await insertNodes(
      store(),
      knownNode(1, { state: 'ready' }),
      knownNode(2, { state: 'failed' }),
      knownNode(3, { ...waiting, certificate: null }),
      knownNode(4, { role: 'job', name: 'aruba-job-1', slot: 1, state: 'ready' }),
      knownNode(5),
    )
    await store().write((tx) => tx.nodes.free('id-5', { state: 'left', at: 1, restUntil: 1 }))
    const aruba = { site: 'aruba', nodes: ['10.200.1.0/24'], slots: 254 }
    const { answer } = await root('siteList')
    const none = { limits: {}, hubs: [] }
    expect(answer.sites).toEqual([
      { ...aruba, ...none, taken: 2, ready: 1, pending: 1 },
      { ...aruba, ...none, site: 'hpc', nodes: ['10.200.2.0/24'], taken: 0, ready: 0, pending: 0 },
    ])
    const viewer = await personOf(server, { name: 'vera', rank: 'viewer', site: 'hpc' })
    expect((await viewer('siteList')).answer.sites.map(({ site }) => site)).toEqual(['hpc'])
  })
})
