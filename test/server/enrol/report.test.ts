import { describe, expect, test } from 'vitest'
import type { Call } from '../../../src/server/call.ts'
import { identifyCaller } from '../../../src/server/callers.ts'
import { isNews, nextPosition, report, stateAfter } from '../../../src/server/enrol/report.ts'
import { derOf } from '../../pki/people.ts'
import { giveToken, join, leave, makeMachine, tryReport } from '../machines.ts'
import { start } from './start.ts'

async function joined() {
  const started = await start()
  const token = await giveToken(started.server)
  return { ...started, ...(await join(started.server, await makeMachine(), { token })) }
}

const states = ['pending', 'joining', 'ready', 'failed', 'quarantined', 'revoked', 'left'] as const

test('only a node that is in force changes its state by a report', () => {
  const after = (reported: 'ready' | 'failed' | 'down') =>
    states.map((state) => stateAfter(state, reported))
  const kept = ['quarantined', 'revoked', 'left']
  expect(after('ready')).toEqual(['pending', 'ready', 'ready', 'ready', ...kept])
  expect(after('failed')).toEqual(['pending', 'failed', 'failed', 'failed', ...kept])
  expect(after('down')).toEqual(['pending', 'joining', 'joining', 'joining', ...kept])
})

test('a report is news when state, rung or problems are others', () => {
  const problem = (code: string) => ({ code, step: 'a step', message: String(Math.random()) })
  const before = {
    state: 'ready',
    version: '0.1.0',
    rung: 'wg',
    problems: [problem('b'), problem('a')],
  } as const
  const news = (over: object, state = 'ready' as const) =>
    isNews({ state, report: before }, { ...before, problems: [...before.problems], ...over })
  expect(news({})).toBe(false)
  expect(news({ mtu: 1400, problems: [problem('a'), problem('b')] })).toBe(false)
  expect(news({ rung: 'udp' })).toBe(true)
  expect(news({ rung: null })).toBe(true)
  expect(news({ problems: [problem('a')] })).toBe(true)
  expect(news({ state: 'failed' })).toBe(true)
  expect(
    isNews(
      { state: 'quarantined', report: before },
      { ...before, problems: [problem('a'), problem('b')] },
    ),
  ).toBe(false)
  expect(isNews({ state: 'ready', report: null }, { state: 'ready', version: '0.1.0' })).toBe(true)
})

test('another position is answered when the node is to join again', () => {
  const now = { epoch: 'e2', generation: 50 }
  const next = (refresh: number | null, position?: string) =>
    nextPosition({ refresh }, position === undefined ? {} : { position }, now)
  expect(next(null, 'e2.7')).toBe('e2.7')
  expect(next(null, 'e1.7')).toBe('e2.50')
  expect(next(null)).toBe('e2.50')
  expect(next(1, 'e2.50')).toBe('e2.0')
})

describe('a report', () => {
  test('makes a node ready, is kept, and is told once', async () => {
    const { server, machine, answer } = await joined()
    const { store } = server.server
    const body = { state: 'ready', rung: 'wg', mtu: 1400, position: answer.position }
    const first = await tryReport(server, machine, body)
    expect(first).toMatchObject({ status: 200, body: { position: answer.position } })
    const node = await store.read(({ nodes }) => nodes.byId(answer.node.id))
    expect(node).toMatchObject({
      state: 'ready',
      reported: first.body.time,
      report: { state: 'ready', rung: 'wg', mtu: 1400, version: '0.1.0' },
    })
    const at = await store.read(({ feed }) => feed.position())
    for (let n = 0; n < 50; n++) await tryReport(server, machine, { ...body, mtu: 1300 + n })
    expect(await store.read(({ feed }) => feed.position())).toEqual(at)
    const told = await store.read(({ audit }) => audit.list({ action: 'report', limit: 100 }))
    expect(told).toMatchObject([
      { outcome: 'ready', actor: 'aruba-1', detail: { rung: 'wg', problems: [] } },
    ])
  })

  test('that says something else each time is heard only so often', async () => {
    const { server, machine } = await joined()
    const codes = new Set()
    for (let n = 0; n < 40; n++)
      codes.add((await tryReport(server, machine, { state: n % 2 ? 'ready' : 'failed' })).body.code)
    expect(codes).toContain('too-many-requests')
    const told = await server.server.store.read(({ audit }) =>
      audit.list({ action: 'report', limit: 100 }),
    )
    expect(told.length).toBe(30)
  })

  test('of a quarantined node changes nothing but what it says', async () => {
    const { server, machine, answer } = await joined()
    const { store } = server.server
    await store.write(({ nodes }) => nodes.update(answer.node.id, { state: 'quarantined' }))
    await tryReport(server, machine, { state: 'ready' })
    const node = await store.read(({ nodes }) => nodes.byId(answer.node.id))
    expect(node).toMatchObject({ state: 'quarantined', report: { state: 'ready' } })
  })

  test('of a node that was ended meanwhile is refused', async () => {
    const { server, machine, answer } = await joined()
    const caller = await identifyCaller(derOf(machine.certificate), ['node'], server.server)
    const freeing = { state: 'left', at: 1, restUntil: 1 } as const
    await server.server.store.write(({ nodes }) => nodes.free(answer.node.id, freeing))
    const body = { state: 'ready', version: '0.1.0' }
    const call = { caller, body, source: null } as Call<'report'>
    await expect(report(call, server.server)).rejects.toMatchObject({
      code: 'certificate-revoked',
    })
  })

  test('is told to join again when an administrator wishes it, until it has', async () => {
    const { server, machine, answer } = await joined()
    const { store } = server.server
    const { position } = answer
    const ask = async () => (await tryReport(server, machine, { state: 'ready', position })).body
    expect((await ask()).position).toBe(position)
    await store.write(({ nodes }) => nodes.update(answer.node.id, { refresh: 1 }))
    expect((await ask()).position).not.toBe(position)
    const again = await join(server, machine)
    const told = await tryReport(server, machine, {
      state: 'ready',
      position: again.answer.position,
    })
    expect(told.body.position).toBe(again.answer.position)
  })
})

test('who leaves frees its slot, which rests, and its certificate', async () => {
  const { server, machine, answer, clock } = await joined()
  expect(await leave(server, machine)).toEqual({ status: 204, body: undefined })
  const { store } = server.server
  const node = await store.read(({ nodes }) => nodes.byId(answer.node.id))
  expect(node).toMatchObject({ state: 'left', freed: clock.now })
  expect((await leave(server, machine)).body).toMatchObject({ code: 'certificate-revoked' })
  const told = await store.read(({ audit }) => audit.list({ action: 'leave', limit: 10 }))
  expect(told).toMatchObject([{ actor: 'aruba-1', addresses: ['10.200.1.1', '127.0.0.1'] }])
  const token = await giveToken(server, { expires: clock.now + 1e9 })
  expect((await join(server, await makeMachine(), { token })).answer.node.slot).toBe(2)
  clock.now += 3_600_000
  expect((await join(server, await makeMachine(), { token })).answer.node.slot).toBe(1)
})
