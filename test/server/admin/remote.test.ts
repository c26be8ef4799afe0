import { beforeEach, expect, test } from 'vitest'
import type { RequestOf } from '../../../src/protocol/endpoints.ts'
import { insertNodes, makeHost } from '../../store/records.ts'
import { listActs } from '../acts.ts'
import { type Asker, personOf, rootOf } from '../ask.ts'
import { knownNode, otherSshKey, sshKey } from '../known-node.ts'
import { sites, startTestServer, type TestServer } from '../test-server.ts'

const now = Date.now()
const aruba = {
  ...sites['aruba'],
  labels: { rack: '7', kind: 'plain' },
  classes: { cache: { labels: { kind: 'cache' } } },
}
const hpc = { ...sites['aruba'], site: 'hpc', nodes: '10.200.2.0/24' }

let server: TestServer
let root: Asker
const store = () => server.server.store
beforeEach(async () => {
  server = await startTestServer({ sites: { aruba, hpc }, now: () => now })
  root = rootOf(server)
  await insertNodes(
    store(),
    knownNode(1, {
      class: null,
      state: 'ready',
      report: { state: 'ready', version: '1.2.3', rung: 'udp' },
    }),
    knownNode(2, { class: 'cache', changedSshHostKeys: [otherSshKey] }),
    knownNode(3, { site: 'hpc', name: 'hpc-3', addresses: ['10.200.2.3'], class: 'gone' }),
    knownNode(4, { slot: null, name: null, addresses: [], state: 'pending', certificate: null }),
    knownNode(5, { role: 'job', name: 'aruba-job-5' }),
  )
  await store().write(({ hosts }) =>
    hosts.insert(makeHost({ id: 'h1', name: 'hub1', sshHostKeys: [sshKey] })),
  )
})

const inventory = async (asker: Asker, query = {}) =>
  (await asker('remoteInventory', { query })).answer

test('the inventory has what it takes to go to each machine that has a name', async () => {
  await store().write(({ nodes }) =>
    nodes.see([{ node: 'id-1', at: now - 5000, health: { state: 'up', rung: 'wg' } }]),
  )
  const { nodes, hubs, rank } = await inventory(root)
  expect(rank).toBe('admin')
  expect(nodes?.map(({ name }) => name)).toEqual(['aruba-1', 'aruba-2', 'hpc-3'])
  expect(nodes?.[0]).toEqual({
    ...{ name: 'aruba-1', site: 'aruba', class: null, state: 'ready', rung: 'wg' },
    ...{ addresses: ['10.200.1.1'], hostKeys: [sshKey], changedHostKeys: null },
    ...{ labels: { kind: 'plain', rack: '7' }, lastSeen: now - 5000, version: '1.2.3' },
  })
  expect(nodes?.[1]).toMatchObject({
    ...{ class: 'cache', changedHostKeys: [otherSshKey], labels: { kind: 'cache', rack: '7' } },
  })
  expect(nodes?.[2]?.labels).toEqual({ class: 'gone' })
  expect(hubs).toEqual([{ name: 'hub1', addresses: ['192.0.2.1'], hostKeys: [sshKey] }])
})

test('who has it already is told only that, until something changes that matters', async () => {
  const { tag: known } = await inventory(root)
  await store().write(({ nodes }) =>
    nodes.see([{ node: 'id-1', at: now, health: { state: 'up', rung: 'wg' } }]),
  )
  const again = await inventory(root, { known })
  expect(again).toEqual({ time: now, tag: known, rank: 'admin' })
  await store().write(({ nodes }) =>
    nodes.update('id-1', { changedSshHostKeys: [otherSshKey] }).then(() => undefined),
  )
  const changed = await inventory(root, { known })
  expect(changed.nodes?.[0]?.changedHostKeys).toEqual([otherSshKey])
  await store().write(({ nodes }) => nodes.update('id-1', { state: 'failed' }))
  expect((await inventory(root, { known: changed.tag })).nodes?.[0]?.state).toBe('failed')
})

test('an administrator of one site is told of that site, and may not have what another was told', async () => {
  const { tag } = await inventory(root)
  const vera = await personOf(server, { name: 'vera', rank: 'viewer', site: 'hpc' })
  const own = await inventory(vera, { known: tag })
  expect(own).toMatchObject({ rank: 'viewer', nodes: [{ name: 'hpc-3' }] })
  const otto = await personOf(server, { name: 'otto', rank: 'admin', site: 'hpc' })
  expect((await inventory(otto, { known: tag })).nodes).toMatchObject([{ name: 'hpc-3' }])
})

const run: RequestOf<'remoteRuns'>['runs'][number] = {
  ...{ id: 'run-1', began: now - 60_000, lasted: 1500, kind: 'exec', login: 'root' },
  ...{ command: ['rm', '-rf', '/scratch/\u001b[2J'], nodes: 'aruba-[1-2]', count: 2 },
  ...{ by: 'anna@desk', outcome: 'failed' },
  ended: [
    { class: 'ok', count: 1, nodes: 'aruba-1' },
    { class: 'failed', count: 1, nodes: 'aruba-2' },
  ],
}

test('what was run is a line of the audit, once', async () => {
  const anna = await personOf(server, { name: 'anna', rank: 'operator', site: 'aruba' })
  const runs = [run, { ...run, id: 'run-2' }]
  expect((await anna('remoteRuns', { body: { runs } })).answer).toEqual({
    changed: ['run-1', 'run-2'],
  })
  const more = [...runs, { ...run, id: 'run-3' }]
  expect((await root('remoteRuns', { body: { runs: more } })).answer).toEqual({
    changed: ['run-3'],
  })
  const lines = (await listActs(store())).filter(({ action }) => action === 'remote-exec')
  expect(lines.map(({ subject, actor }) => [subject, actor.split('@')[0]])).toEqual([
    ['run-1', 'anna'],
    ['run-2', 'anna'],
    ['run-3', 'root'],
  ])
  expect(lines[0]).toMatchObject({
    ...{ time: now, outcome: 'failed', source: '127.0.0.1' },
    detail: {
      ...{ site: 'aruba', nodes: 'aruba-[1-2]', count: 2, by: 'anna@desk', began: now - 60_000 },
      ...{ command: ['rm', '-rf', '/scratch/\ufffd[2J'], login: 'root' },
      ended: { ok: 'aruba-1', failed: 'aruba-2' },
    },
  })
})

test('who may only look has nothing run', async () => {
  const vera = await personOf(server, { name: 'vera', rank: 'viewer' })
  const refused = await vera('remoteRuns', { body: { runs: [run] } })
  expect(refused.problem.code).toBe('not-allowed')
})
