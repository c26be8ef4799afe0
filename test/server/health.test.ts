import { describe, expect, test } from 'vitest'
import { DynfarmError } from '../../src/errors.ts'
import type { HostRecord, TokenRecord } from '../../src/protocol/records.ts'
import { hostFigures, slotFigures, tokenFigures } from '../../src/server/figures.ts'
import { judgeEnds } from '../../src/server/readiness.ts'
import { createPerson } from '../pki/people.ts'
import { makeHost, makeNode, makeToken } from '../store/records.ts'
import { ask } from './client.ts'
import { centre, startTestServer } from './test-server.ts'

describe('metrics', () => {
  test('tell what happened and what the store knows', async () => {
    const hub1 = { ...centre.hubs.hub1, limits: { tx: '30Mbit' } }
    const server = await startTestServer({ centre: { hubs: { hub1 } } })
    await server.server.store.write(async ({ nodes, tokens, hosts }) => {
      await tokens.insert(makeToken({ id: 't1', expires: server.server.now() + 1000 }))
      await nodes.insert(makeNode({ id: 'n1', state: 'ready' }))
      await nodes.insert(makeNode({ id: 'n2', slot: 2, state: 'failed', wireguardKey: 'k' }))
      await nodes.insert(makeNode({ id: 'n3', slot: 3, state: 'ready', wireguardKey: 'l' }))
      await nodes.free('n3', { state: 'left', at: 1, restUntil: server.server.now() + 100_000 })
      await hosts.insert(makeHost({ id: 'h1', name: 'hub1' }))
      const links = ['ce', 'ui'].map((peer) => ({ peer, state: peer === 'ce' ? 'up' : 'down' }))
      const rx = { limit: 20e6, peak: 19e6, average: 5e6, dropped: 3 }
      const uses = [
        { site: 'aruba', rx, held: 'no ifb' },
        { site: 'gone', rx },
      ]
      const hub = { tx: { ...rx, limit: 30e6 }, held: 'no ifb' }
      await hosts.noteHealth('h1', { at: 1, links, sites: { at: 1, uses, hub } })
      const health = { hub: 'hub1', rung: 'wg', state: 'up' }
      await nodes.see(['n1', 'n2', 'n3'].map((node) => ({ node, at: 1, health })))
    })
    server.server.metrics.join({ outcome: 'done', site: 'aruba' })
    await ask(server, { path: '/nothing' })
    await ask(server, { on: 'admin', path: '/healthz' })
    const { text, headers } = await ask(server, { on: 'admin', path: '/metrics' })
    expect(headers['content-type']).toContain('text/plain')
    for (const line of [
      'dynfarm_store_up 1',
      'dynfarm_nodes{site="aruba",role="node",state="ready"} 1',
      'dynfarm_nodes{site="aruba",role="node",state="failed"} 1',
      'dynfarm_slots{site="aruba",role="node",state="taken"} 2',
      'dynfarm_slots{site="aruba",role="node",state="resting"} 1',
      'dynfarm_slots{site="aruba",role="node",state="free"} 251',
      'dynfarm_tokens{state="open"} 1',
      'dynfarm_tunnels{hub="hub1",rung="wg",state="up"} 2',
      'dynfarm_link_up{role="hub",host="hub1",peer="ce"} 1',
      'dynfarm_link_up{role="hub",host="hub1",peer="ui"} 0',
      'dynfarm_site_held_back{hub="hub1",site="aruba"} 1',
      'dynfarm_site_limit_bits_per_second{hub="hub1",site="aruba",direction="rx"} 20000000',
      'dynfarm_site_peak_bits_per_second{hub="hub1",site="aruba",direction="rx"} 19000000',
      'dynfarm_site_average_bits_per_second{hub="hub1",site="aruba",direction="rx"} 5000000',
      'dynfarm_site_dropped_packets{hub="hub1",site="aruba",direction="rx"} 3',
      'dynfarm_hub_held_back{hub="hub1"} 1',
      'dynfarm_hub_limit_bits_per_second{hub="hub1",direction="tx"} 30000000',
      'dynfarm_hub_peak_bits_per_second{hub="hub1",direction="tx"} 19000000',
      'dynfarm_hub_average_bits_per_second{hub="hub1",direction="tx"} 5000000',
      'dynfarm_hub_dropped_packets{hub="hub1",direction="tx"} 3',
      'dynfarm_joins_total{outcome="done",site="aruba"} 1',
      'dynfarm_refusals_total{code="not-found"} 1',
      'dynfarm_request_duration_seconds_count{endpoint="healthz",status="200"} 1',
    ])
      expect(text.split('\n')).toContain(line)
    expect(text).not.toContain('"gone"')
    expect(text).toMatch(/^dynfarm_feed_behind_generations\{role="hub",host="hub1"\} [1-9]/m)
    expect(text).toMatch(/^dynfarm_feed_acknowledged_age_seconds\{role="hub",host="hub1"\} [1-9]/m)
    expect(text).toMatch(/^process_resident_memory_bytes [1-9]/m)
  })

  test('tell of a store that is away', async () => {
    const server = await startTestServer()
    const metrics = () => ask(server, { on: 'admin', path: '/metrics' })
    await metrics()
    const { store } = server.server
    Object.assign(store, {
      read: () => Promise.reject(new DynfarmError('store-unavailable', 'away')),
    })
    const { status, text } = await metrics()
    expect(status).toBe(200)
    expect(text.split('\n')).toContain('dynfarm_store_up 0')
    expect(text).not.toMatch(/^dynfarm_tokens\{/m)
    const ready = await ask(server, { on: 'admin', path: '/readyz' })
    expect([ready.status, ready.json.ok, ready.json.problems]).toEqual([
      503,
      false,
      ['the store does not answer'],
    ])
  })
})

test('tokens are what they are good for', () => {
  const of = (token: Partial<TokenRecord>): TokenRecord => ({
    ...makeToken({ expires: 100 }),
    used: 0,
    revoked: null,
    closed: null,
    ...token,
  })
  const tokens = [
    of({}),
    of({ used: 1 }),
    of({ expires: 50, used: 1 }),
    of({ closed: 1 }),
    of({ revoked: 1, expires: 50, used: 1, closed: 1 }),
  ]
  const values = tokenFigures(tokens, 50).map(({ labels, value }) => `${labels['state']} ${value}`)
  expect(values).toEqual(['open 1', 'used-up 1', 'expired 1', 'closed 1', 'revoked 1'])
})

test('slots are free that are neither taken nor resting, and never less than none', async () => {
  const { server } = await startTestServer()
  const count = { site: 'aruba', role: 'node', taken: 250, resting: 10 } as const
  const values = slotFigures(server.profile(), [count]).map(({ value }) => value)
  expect(values).toEqual([250, 10, 0])
})

test('hubs are behind by what they have not acknowledged in this epoch', () => {
  const host = (over: Partial<HostRecord>): HostRecord => ({
    ...makeHost({ id: 'h', name: 'h', created: 1000 }),
    generation: 1,
    revoked: null,
    acknowledgedEpoch: null,
    acknowledgedGeneration: null,
    acknowledged: null,
    seededEpoch: 'e',
    health: null,
    ...over,
  })
  const { behind, silence } = hostFigures(
    [
      host({ acknowledgedEpoch: 'e', acknowledgedGeneration: 7, acknowledged: 4000 }),
      host({ acknowledgedEpoch: 'other', acknowledgedGeneration: 9, acknowledged: 4000 }),
      host({}),
      host({ revoked: 1 }),
    ],
    { epoch: 'e', generation: 10 },
    5000,
  )
  expect(behind.map(({ value }) => value)).toEqual([3, 10, 10])
  expect(silence.map(({ value }) => value)).toEqual([1, 1, 4])
})

describe('readiness', () => {
  test('waits for hubs after a restore', async () => {
    const server = await startTestServer()
    await server.server.store.write(async ({ hosts }) => {
      const { certificate: certificatePem } = server.keys.authorities.hub
      await hosts.insert(makeHost({ id: 'h1', name: 'hub1', certificatePem }))
    })
    await server.server.store.write((tx) => tx.newEpoch({ reason: 'restored', actor: 'x', at: 1 }))
    const { status, json } = await ask(server, { on: 'admin', path: '/readyz' })
    expect([status, json.ok]).toEqual([503, false])
    expect(json.problems[0]).toMatch(/restored.*: hub1$/)
  })

  test('tells of hosts whose certificate was not renewed, and lets machines in', async () => {
    const server = await startTestServer()
    const { authorities } = server.keys
    const wanted = { role: 'hub', now: new Date('2025-01-01') } as const
    const { certificate: certificatePem } = await createPerson(authorities, wanted)
    await server.server.store.write(async ({ hosts }) => {
      const { certificate } = authorities.hub
      await hosts.insert(makeHost({ id: 'h1', name: 'hub1', certificatePem }))
      await hosts.insert(makeHost({ id: 'h2', name: 'hub2', certificatePem: certificate }))
      await hosts.insert(makeHost({ id: 'h3', name: 'hub3', certificatePem }))
      await hosts.revoke('h3', 1)
    })
    const { status, json } = await ask(server, { on: 'admin', path: '/readyz' })
    expect(status).toBe(200)
    expect(json.problems).toEqual([
      expect.stringMatching(/^the certificate of hub "hub1" ended 2025-01-31/),
    ])
  })

  test('tells of certificates that end', async () => {
    const { keys } = await startTestServer()
    const named = [['the node authority', keys.authorities.node.certificate]] as const
    const end = Date.now() + 20 * 365.25 * 24 * 3600 * 1000
    const day = 24 * 3600 * 1000
    expect(judgeEnds(named, end - 40 * day)).toEqual({ ready: true, problems: [] })
    expect(judgeEnds(named, end - 10 * day)).toMatchObject({
      ready: true,
      problems: [expect.stringMatching(/^the node authority ends in (9|10) days$/)],
    })
    expect(judgeEnds(named, end + 2 * day)).toMatchObject({
      ready: false,
      problems: [expect.stringMatching(/^the node authority ended 20/)],
    })
  })
})
