import { beforeEach, describe, expect, test } from 'vitest'
import { parseToken } from '../../../src/pki/token.ts'
import type { RequestOf } from '../../../src/protocol/endpoints.ts'
import { makeHost, makeNode, makeToken } from '../../store/records.ts'
import { listActs } from '../acts.ts'
import { type Asker, personOf, rootOf } from '../ask.ts'
import { sites, startTestServer, type TestServer } from '../test-server.ts'

type Wanted = RequestOf<'tokenCreate'>

const hour = 3600 * 1000
const now = Date.now()
const wanted: Wanted = { role: 'node', site: 'aruba', uses: 3, ttl: hour }
const allSites = {
  aruba: { ...sites['aruba'], limits: { nodes: 9 }, classes: { cache: {} } },
  hpc: {
    ...{ site: 'hpc', nodes: '10.200.2.0/24', jobs: '10.200.3.0/24' },
    ...{ tunnels: ['udp'], services: ['ce'], match: { source: ['198.51.100.0/24'] } },
  },
}

let server: TestServer
let root: Asker
beforeEach(async () => {
  server = await startTestServer({ sites: allSites, now: () => now })
  root = rootOf(server)
})

const audit = () => listActs(server.server.store)
const tokens = () => server.server.store.read((reads) => reads.tokens.list())

describe('a token', () => {
  test('is shown once, lets in whom it says, and is in the audit without its secret', async () => {
    const sources = ['198.51.100.0/24']
    const made = await root('tokenCreate', {
      body: { ...wanted, class: 'cache', slot: 7, sources },
    })
    expect(made.status).toBe(201)
    const { id, token, expires } = made.answer
    const { secret, pin } = parseToken(token)
    expect([expires, pin.toString('hex')]).toEqual([now + hour, server.server.keys.pin])
    const { ttl: _, ...rest } = wanted
    const shown = { ...rest, class: 'cache', slot: 7, sources, name: null }
    const limits = { ...shown, id, expires, used: 0, created: now, revoked: null, closed: null }
    expect((await root('tokenList')).answer).toMatchObject({ tokens: [limits] })
    expect(await audit()).toMatchObject([
      { action: 'token-create', subject: id, outcome: 'done', detail: { site: 'aruba', uses: 3 } },
    ])
    const [record] = await tokens()
    const everywhere = [await root('tokenList'), await root('audit')].map(({ bytes }) => `${bytes}`)
    for (const text of [...everywhere, server.said.text])
      for (const secretText of [token, secret.toString('hex'), record?.secretHash ?? '?'])
        expect(text).not.toContain(secretText)
  })

  test('for a host of the centre has one use, and a day', async () => {
    for (const [role, name] of [['hub', 'hub1'] as const, ['service', 'ce'] as const]) {
      const made = await root('tokenCreate', { body: { role, name, uses: 1, ttl: 24 * hour } })
      expect([made.status, role]).toEqual([201, role])
    }
    expect((await tokens()).map(({ name, site, uses }) => [name, site, uses])).toEqual(
      expect.arrayContaining([
        ['hub1', null, 1],
        ['ce', null, 1],
      ]),
    )
  })

  const hub: Wanted = { role: 'hub', name: 'hub1', uses: 1, ttl: hour }
  const unfit: [string, Wanted, string, string][] = [
    ['without a site', { role: 'node', uses: 1, ttl: hour }, 'request-unfit', 'for one site'],
    ['of no such site', { ...wanted, site: 'arubba' }, 'no-such-site', 'no site "arubba"'],
    ['of no such class', { ...wanted, class: 'cash' }, 'no-such-class', 'no class "cash"'],
    ['of another site’s class', { ...wanted, site: 'hpc', class: 'cache' }, 'no-such-class', 'hpc'],
    ['with a name', { ...wanted, name: 'hub1' }, 'request-unfit', 'has no name'],
    ['for a slot too many', { ...wanted, slot: 10 }, 'no-such-slot', '9 node slots, no "10"'],
    ['for jobs of a site without', { ...wanted, role: 'job' }, 'request-unfit', 'no job slots'],
    [
      'for networks that its site is not in',
      { ...wanted, site: 'hpc', sources: ['198.51.100.7/32', '203.0.113.0/24'] },
      'request-unfit',
      '203.0.113.0/24',
    ],
    [
      'for a hub without a name',
      { ...hub, name: undefined } as never,
      'request-unfit',
      'names one',
    ],
    ['for no such hub', { ...hub, name: 'hub2' }, 'request-unfit', 'did you mean "hub1"?'],
    ['for no such service', { ...hub, role: 'service' }, 'request-unfit', 'no service "hub1"'],
    ['for a name of every object', { ...hub, name: 'constructor' }, 'request-unfit', 'no hub'],
    ['for a hub of a site', { ...hub, site: 'aruba' }, 'request-unfit', 'no site'],
    ['for a hub of a class', { ...hub, class: 'cache' }, 'request-unfit', 'no class'],
    ['for a hub in a slot', { ...hub, slot: 1 }, 'request-unfit', 'no slot'],
    ['for two hubs', { ...hub, uses: 2 }, 'request-unfit', 'one use'],
    ['for a hub in a while', { ...hub, ttl: 24 * hour + 1 }, 'request-unfit', 'a day at most'],
  ]
  test.each(unfit)('%s is refused', async (_, body, code, detail) => {
    const { problem } = await root('tokenCreate', { body })
    expect(problem).toMatchObject({ code, status: 422 })
    expect(problem.detail).toContain(detail)
    expect(await tokens()).toEqual([])
  })

  test('for some of the networks of its site, or for jobs where there are any, is made', async () => {
    for (const part of [{ sources: ['198.51.100.7/32'] }, { role: 'job' as const, slot: 254 }]) {
      const made = await root('tokenCreate', { body: { ...wanted, site: 'hpc', ...part } })
      expect(made.status).toBe(201)
    }
  })
})

describe('an administrator of one site', () => {
  test('makes, sees, revokes and opens the tokens of that site alone', async () => {
    const operator = await personOf(server, { name: 'olga', rank: 'operator', site: 'aruba' })
    const admin = await personOf(server, { name: 'anna', rank: 'admin', site: 'aruba' })
    const own = (await operator('tokenCreate', { body: wanted })).answer.id
    const other = (await root('tokenCreate', { body: { ...wanted, site: 'hpc' } })).answer.id
    const host = { role: 'hub', name: 'hub1', uses: 1, ttl: hour } as const
    const hub = (await root('tokenCreate', { body: host })).answer.id

    const { answer } = await operator('tokenList')
    expect(answer.tokens.map(({ id, createdBy }) => [id, createdBy])).toEqual([[own, 'olga']])
    const foreign = await operator('tokenCreate', { body: { ...wanted, site: 'hpc' } })
    expect(foreign.problem.code).toBe('not-allowed')
    for (const asker of [operator, admin])
      expect((await asker('tokenCreate', { body: host })).problem.code).toBe('not-allowed')
    for (const token of [other, hub]) {
      const revoked = await operator('tokenRevoke', { params: { token }, body: {} })
      expect(revoked.problem).toMatchObject({ code: 'not-found', detail: `no token "${token}"` })
      expect((await admin('tokenOpen', { params: { token } })).problem.code).toBe('not-found')
    }
    const done = await operator('tokenRevoke', { params: { token: own }, body: {} })
    expect(done.answer).toEqual({ changed: [own] })
    expect((await tokens()).filter(({ revoked }) => revoked !== null)).toMatchObject([{ id: own }])
  })

  test('of all sites, but not of the highest rank, lets no hub in', async () => {
    const operator = await personOf(server, { name: 'olga', rank: 'operator' })
    const host = { role: 'service', name: 'ce', uses: 1, ttl: hour } as const
    const { problem } = await operator('tokenCreate', { body: host })
    expect(problem).toMatchObject({ code: 'not-allowed' })
  })
})

describe('revoking', () => {
  const token = 'AAAAAAAAAAA'
  const insert = () =>
    server.server.store.write(async (tx) => {
      await tx.tokens.insert(makeToken({ id: token, uses: 9 }))
      await tx.tokens.insert(makeToken({ id: 'BBBBBBBBBBB', uses: 9 }))
      for (const [slot, state] of ['ready', 'quarantined', 'revoked', 'failed'].entries()) {
        const node = { id: `n${slot}`, slot: slot + 1, token, state } as const
        await tx.nodes.insert(makeNode(node as Parameters<typeof makeNode>[0]))
      }
      await tx.nodes.insert(makeNode({ id: 'other', slot: 9, token: 'BBBBBBBBBBB' }))
      await tx.nodes.insert(makeNode({ id: 'gone', slot: 8, token }))
      await tx.nodes.free('gone', { state: 'left', at: 1, restUntil: 1 })
    })
  const states = async () => {
    const nodes = await server.server.store.read((reads) => reads.nodes.list({ freed: true }))
    return nodes.map(({ id, state }) => `${id} ${state}`).sort()
  }

  test('ends the token once', async () => {
    await insert()
    const revoke = () => root('tokenRevoke', { params: { token }, body: {} })
    expect((await revoke()).answer).toEqual({ changed: [token] })
    expect((await revoke()).answer).toEqual({ changed: [] })
    expect(await audit()).toMatchObject([{ action: 'token-revoke', subject: token }])
    expect(await states()).toContain('n0 ready')
  })

  test('with its nodes ends those that live too, each with its line', async () => {
    await insert()
    const revoke = () => root('tokenRevoke', { params: { token }, body: { withNodes: true } })
    expect((await revoke()).answer).toEqual({ changed: [token, 'aruba-1', 'aruba-2', 'aruba-4'] })
    expect(await states()).toEqual([
      ...['gone left', 'n0 revoked', 'n1 revoked', 'n2 revoked', 'n3 revoked'],
      'other joining',
    ])
    const lines = (await audit()).map(({ action, subject, addresses }) => [
      action,
      subject,
      addresses[0],
    ])
    expect(lines).toEqual([
      ['token-revoke', token, undefined],
      ['node-revoke', 'n0', '10.200.1.1'],
      ['node-revoke', 'n1', '10.200.1.2'],
      ['node-revoke', 'n3', '10.200.1.4'],
    ])
    expect((await revoke()).answer).toEqual({ changed: [] })
  })

  test('ends the hub that came by a token of its own, by who may let one in', async () => {
    await server.server.store.write(async (tx) => {
      await tx.tokens.insert(makeToken({ id: token, role: 'hub', site: null, name: 'hub1' }))
      await tx.hosts.insert(makeHost({ id: 'h1', name: 'hub1', token }))
      await tx.hosts.insert(makeHost({ id: 'h2', name: 'hub0', token: 'BBBBBBBBBBB' }))
    })
    const operator = await personOf(server, { name: 'olga', rank: 'operator' })
    const revoke = (asker: Asker, withNodes: boolean) =>
      asker('tokenRevoke', { params: { token }, body: { withNodes } })
    expect((await revoke(operator, true)).problem.code).toBe('not-allowed')
    expect((await revoke(operator, false)).answer).toEqual({ changed: [token] })
    expect((await revoke(root, true)).answer).toEqual({ changed: ['hub1'] })
    expect((await revoke(root, true)).answer).toEqual({ changed: [] })
    const hosts = await server.server.store.read((reads) => reads.hosts.list())
    expect(hosts.map(({ id, revoked }) => [id, revoked !== null])).toEqual([
      ['h2', false],
      ['h1', true],
    ])
  })

  test('ends more nodes than one transaction takes', async () => {
    await server.server.store.write(async (tx) => {
      await tx.tokens.insert(makeToken({ id: token, uses: 900 }))
      for (let slot = 1; slot <= 450; slot++)
        await tx.nodes.insert(makeNode({ id: `n${slot}`, slot, token }))
    })
    const { answer } = await root('tokenRevoke', { params: { token }, body: { withNodes: true } })
    expect(answer.changed).toHaveLength(451)
    const left = await server.server.store.read((reads) => reads.nodes.list({ state: 'joining' }))
    expect(left).toEqual([])
  })
})

test('a token that a restore closed is opened by the highest rank, and once', async () => {
  const operator = await personOf(server, { name: 'olga', rank: 'operator' })
  const admin = await personOf(server, { name: 'anna', rank: 'admin' })
  const token = 'AAAAAAAAAAA'
  await server.server.store.write(async (tx) => {
    await tx.tokens.insert(makeToken({ id: token }))
    await tx.newEpoch({ reason: 'test', actor: 'test', at: now })
  })
  expect((await operator('tokenOpen', { params: { token } })).problem.code).toBe('not-allowed')
  expect((await root('tokenList')).answer.tokens).toMatchObject([{ closed: now }])
  expect((await admin('tokenOpen', { params: { token } })).answer).toEqual({ changed: [token] })
  expect((await admin('tokenOpen', { params: { token } })).answer).toEqual({ changed: [] })
  expect((await root('tokenList')).answer.tokens).toMatchObject([{ closed: null }])
  expect((await audit()).map(({ action, actor }) => [action, actor])).toEqual([
    ['epoch', 'test'],
    ['token-open', 'anna'],
  ])
})
