import { describe, expect, test } from 'vitest'
import type { NodeSummary } from '../../../src/protocol/records.ts'
import { isGone, isSilenceTrue } from '../../../src/server/enrol/silence.ts'
import { sweep } from '../../../src/server/enrol/sweep.ts'
import { makeNode } from '../../store/records.ts'
import { giveToken, join, makeMachine, tryJoin, tryReport } from '../machines.ts'
import { start } from './start.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const now = 1_000 * day

describe('a node is gone', () => {
  const heard = (over: Partial<NodeSummary>) => ({
    role: 'node' as const,
    state: 'ready' as const,
    created: 1,
    joined: 1,
    reported: 1,
    lastSeen: null,
    health: null,
    ...over,
  })
  const gone = (over: Partial<NodeSummary>) => isGone(heard(over), { now, forgetMs: 7 * day })

  test('when nobody heard of it for as long as its site says', () => {
    expect(gone({})).toBe(true)
    for (const field of ['created', 'joined', 'reported', 'lastSeen'] as const) {
      expect(gone({ [field]: now - 7 * day - 1 })).toBe(true)
      expect(gone({ [field]: now - 7 * day })).toBe(false)
    }
  })

  test('or, as a job that came up, after a quarter of an hour', () => {
    const job = (over: Partial<NodeSummary>) => gone({ role: 'job', ...over })
    expect(job({ reported: now - 15 * minute - 1 })).toBe(true)
    expect(job({ reported: now - 15 * minute })).toBe(false)
    expect(job({ joined: now - day, reported: null })).toBe(false)
    expect(job({ joined: now - 8 * day, reported: null })).toBe(true)
    expect(job({ joined: now - day, reported: null, lastSeen: now - hour })).toBe(true)
    expect(
      isGone(heard({ role: 'job', reported: now - 10 * minute }), { now, forgetMs: 5 * minute }),
    ).toBe(true)
  })

  test('but not while a hub says that it is up, which is believed for a day', () => {
    const up = { health: { state: 'up' } }
    expect(gone({ role: 'job', lastSeen: now - hour, ...up })).toBe(false)
    expect(gone({ role: 'job', lastSeen: now - day - 1, ...up })).toBe(true)
    expect(gone({ role: 'job', lastSeen: now - hour, health: { state: 'down' } })).toBe(true)
  })

  test('when it waits, after a day without asking', () => {
    expect(gone({ state: 'pending', reported: now - day - 1 })).toBe(true)
    expect(gone({ state: 'pending', reported: now - day })).toBe(false)
  })
})

test('silence is true when no hub is away that may know better', () => {
  const hub = (acknowledged: number | null, created = 1) => ({ created, acknowledged })
  const silent = (...hubs: ReturnType<typeof hub>[]) =>
    isSilenceTrue(hubs, { now, silence: 7 * day })
  expect(silent()).toBe(true)
  expect(silent(hub(now - minute))).toBe(true)
  expect(silent(hub(now - 16 * minute))).toBe(false)
  expect(silent(hub(now - minute), hub(now - day))).toBe(false)
  expect(silent(hub(now - 7 * day))).toBe(true)
  expect(silent(hub(null, now - hour))).toBe(false)
})

const sites = {
  aruba: {
    site: 'aruba',
    nodes: '10.200.1.0/24',
    tunnels: ['wg'],
    services: [],
    'forget-after': '2d',
  },
  hpc: {
    site: 'hpc',
    nodes: '10.200.3.0/28',
    jobs: '10.200.64.0/20',
    tunnels: ['wg'],
    services: [],
    enrol: 'source',
    match: { source: ['127.0.0.9/32'] },
  },
}

async function started() {
  const all = await start({ sites })
  const { store } = all.server.server
  const hub = await store.read(({ hosts }) => hosts.byName('hub', 'hub1'))
  return {
    ...all,
    store,
    /** The hub is heard of, and says of the nodes what it says. */
    hubSays: (up: readonly string[]) =>
      store.write(async (tx) => {
        await tx.hosts.acknowledge(hub?.id ?? '', await tx.feed.position(), all.clock.now)
        const at = all.clock.now
        await tx.nodes.see(up.map((node) => ({ node, at, health: { state: 'up' } })))
      }),
    names: async () => (await store.read(({ nodes }) => nodes.list())).map(({ name }) => name),
  }
}

describe('a sweep', () => {
  test('forgets nodes that are silent, whose slots then rest', async () => {
    const { server, clock, store, hubSays, names } = await started()
    const token = await giveToken(server, { expires: clock.now + 1e12 })
    const silent = await join(server, await makeMachine(), { token })
    const seen = await join(server, await makeMachine(), { token })
    clock.now += 2 * day
    await hubSays([seen.answer.node.id])
    await sweep(server.server)
    expect(await names()).toEqual(['aruba-1', 'aruba-2'])
    clock.now += 1
    await sweep(server.server)
    expect(await names()).toEqual(['aruba-2'])
    expect((await tryJoin(server, silent.machine)).body).toMatchObject({
      code: 'certificate-revoked',
    })
    const told = await store.read(({ audit }) => audit.list({ action: 'node-forget', limit: 9 }))
    expect(told).toMatchObject([{ actor: 'server', addresses: ['10.200.1.1'] }])
    expect((await join(server, await makeMachine(), { token })).answer.node.slot).toBe(3)
    clock.now += hour
    expect((await join(server, await makeMachine(), { token })).answer.node.slot).toBe(1)
  })

  test('forgets nobody while a hub is away, nor a node that came back', async () => {
    const { server, clock, hubSays, names } = await started()
    const token = await giveToken(server, { expires: clock.now + 1e12 })
    const { machine } = await join(server, await makeMachine(), { token })
    clock.now += day
    await hubSays([])
    clock.now += day + hour
    await sweep(server.server)
    expect(await names()).toEqual(['aruba-1'])
    await tryJoin(server, machine)
    await hubSays([])
    await sweep(server.server)
    expect(await names()).toEqual(['aruba-1'])
  })

  test('ends jobs that fell silent, none that is joining, none that a hub sees', async () => {
    const { server, clock, hubSays, names } = await started()
    const token = await giveToken(server, { site: 'hpc', role: 'job', expires: clock.now + 1e12 })
    const jobs = []
    for (let n = 0; n < 3; n++)
      jobs.push(
        await join(server, await makeMachine({ kind: 'job' }), { token, from: '127.0.0.9' }),
      )
    const [ended, , seen] = jobs
    for (const job of [ended, seen])
      if (job) await tryReport(server, job.machine, { state: 'ready' })
    clock.now += 16 * minute
    await hubSays([seen?.answer.node.id ?? ''])
    await sweep(server.server)
    expect(await names()).toEqual(['hpc-job-2', 'hpc-job-3'])
  })

  test('lets nobody wait for ever', async () => {
    const { server, clock, names } = await started()
    const machine = await makeMachine()
    await tryJoin(server, machine, { from: '127.0.0.9' })
    clock.now += 23 * hour
    await tryJoin(server, machine, { from: '127.0.0.9' })
    clock.now += 2 * hour
    await sweep(server.server)
    expect(await names()).toEqual([null])
    clock.now += day
    await sweep(server.server)
    expect(await names()).toEqual([])
  })

  test('leaves a revoked node revoked when its slot is freed', async () => {
    const { server, clock, store, hubSays } = await started()
    const token = await giveToken(server)
    const { answer } = await join(server, await makeMachine(), { token })
    await store.write(({ nodes }) => nodes.update(answer.node.id, { state: 'revoked' }))
    clock.now += 3 * day
    await hubSays([])
    await sweep(server.server)
    const node = await store.read(({ nodes }) => nodes.byId(answer.node.id))
    expect(node).toMatchObject({ state: 'revoked', freed: clock.now })
  })

  test('forgets what was kept long enough, and more nodes than one portion', async () => {
    const { server, clock, store, hubSays, names } = await started()
    await store.write(async ({ nodes }) => {
      for (let n = 1; n <= 120; n++) await nodes.insert(makeNode({ id: `n${n}`, slot: n }))
    })
    await hubSays([])
    await sweep(server.server)
    expect(await names()).toEqual([])
    clock.now += 31 * day
    await sweep(server.server)
    expect(await store.read(({ nodes }) => nodes.list({ freed: true }))).toEqual([])
    const oldest = () => store.read(({ audit }) => audit.list({ limit: 1 }))
    const [first] = await oldest()
    clock.now += 150 * day
    await sweep(server.server)
    expect((await oldest())[0]?.sequence).toBeGreaterThan(first?.sequence ?? 0)
    const verified = await store.read(({ audit }) => audit.verify())
    expect(verified.outcome).toBe('complete')
  })
})
