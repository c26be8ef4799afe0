import { describe, expect, test } from 'vitest'
import { checkCertificate } from '../../../src/pki/check-certificate.ts'
import { tlsCryptClientKey, tlsCryptSharedKey } from '../../../src/pki/tls-crypt.ts'
import { createToken, renderToken } from '../../../src/pki/token.ts'
import { derOf } from '../../pki/people.ts'
import { enrolHub, giveToken, join, makeMachine, tryJoin } from '../machines.ts'
import { startTestServer } from '../test-server.ts'
import { start } from './start.ts'

const minute = 60_000

describe('a token', () => {
  test('makes a node in the lowest free slot, with all that it needs', async () => {
    const { server, clock } = await start()
    const token = await giveToken(server, { uses: 2 })
    const { answer } = await join(server, await makeMachine(), { token })
    expect(answer.node).toMatchObject({
      role: 'node',
      name: 'aruba-1',
      fqdn: 'aruba-1.farm.example.org',
      site: 'aruba',
      class: null,
      slot: 1,
      addresses: ['10.200.1.1'],
    })
    expect(answer.rungs.flat().map(({ name }) => name)).toEqual(['wg', 'udp'])
    const [wg, udp] = answer.rungs.flat()
    const secret = server.server.keys.linkSecret
    expect(wg).toMatchObject({ tlsCrypt: null })
    expect(wg).not.toHaveProperty('tlsCryptShared')
    expect(udp).toMatchObject({
      tlsCrypt: tlsCryptClientKey(secret, { tunnel: 'udp', node: answer.node.id }),
      tlsCryptShared: tlsCryptSharedKey(secret, 'udp'),
    })
    expect(answer.hubs.map(({ name, inner }) => [name, inner])).toEqual([['hub1', ['10.200.0.1']]])
    expect(answer.services.map(({ name }) => name)).toEqual(['ce'])
    expect(answer.pins).toMatchObject({
      server: [server.server.keys.pin],
      release: server.keys.releaseKey.public,
      rotations: [],
    })
    expect(
      checkCertificate(derOf(answer.certificate), {
        authority: server.keys.authorities.node.certificate,
        roles: ['node'],
        now: new Date(clock.now),
      }),
    ).toMatchObject({ value: { role: 'node', name: 'aruba-1', site: 'aruba', centre: 'example' } })
    const second = await join(server, await makeMachine(), { token })
    expect(second.answer.node.name).toBe('aruba-2')
  })

  test.each([
    [
      'token-mistyped',
      {},
      (token: string) => `${token.slice(0, -1)}${token.endsWith('0') ? 1 : 0}`,
    ],
    ['token-refused', {}, () => renderToken(createToken(Buffer.alloc(32)))],
    ['token-expired', { expires: 1 }],
    ['token-other-kind', { role: 'job' as const }],
    ['token-elsewhere', { sources: ['192.0.2.0/24'] }],
    ['place-gone', { site: 'gone' }],
    ['place-gone', { class: 'gone' }],
    ['place-gone', { class: 'constructor' }],
    ['place-gone', { role: 'hub' as const, name: 'constructor' }],
    ['slots-full', { slot: 300 }],
  ])(
    'that is not for it is refused: %s %j',
    async (code, over, change = (token: string) => token) => {
      const { server } = await start()
      const token = change(await giveToken(server, over))
      const { body } = await tryJoin(server, await makeMachine(), { token })
      expect(body).toMatchObject({ code })
      expect(await server.server.store.read(({ nodes }) => nodes.list())).toEqual([])
    },
  )

  test('of unknown id and of wrong secret are answered alike', async () => {
    const { server } = await start()
    const right = await giveToken(server)
    const strange = renderToken(createToken(Buffer.alloc(32)))
    const forged = renderToken({ ...createToken(Buffer.alloc(32)), id: right.slice(3, 14) })
    const answers = []
    for (const token of [forged, strange]) {
      const { status, body } = await tryJoin(server, await makeMachine(), { token })
      answers.push({ status, ...body })
    }
    expect(answers[0]).toMatchObject({ status: 403, code: 'token-refused' })
    expect(answers[1]).toEqual(answers[0])
  })

  test('says to who knows it that it was used up, revoked or closed', async () => {
    const { server } = await start()
    const { store } = server.server
    const token = await giveToken(server, { uses: 1 })
    await join(server, await makeMachine(), { token })
    const refused = async () => (await tryJoin(server, await makeMachine(), { token })).body.code
    expect(await refused()).toBe('token-used-up')
    await store.write((tx) => tx.newEpoch({ reason: 'test', actor: 'test', at: 1 }))
    expect(await refused()).toBe('token-closed')
    await store.write(({ tokens }) => tokens.revoke(token.slice(3, 14), 1))
    expect(await refused()).toBe('token-revoked')
  })

  test('with the same key gives the same node and certificate for ten minutes, for no further use', async () => {
    const { server, clock } = await start()
    const token = await giveToken(server, { uses: 1 })
    const machine = await makeMachine()
    const first = await join(server, machine, { token })
    const at = await server.server.store.read(({ feed }) => feed.position())
    clock.now += 9 * minute
    const second = await join(server, machine, { token })
    expect(second.answer.node).toEqual(first.answer.node)
    expect(await server.server.store.read(({ feed }) => feed.position())).toEqual(at)
    for (const { machine: as } of [first, second])
      expect(await tryJoin(server, as)).toMatchObject({ status: 200 })
    clock.now += 2 * minute
    const late = await tryJoin(server, machine, { token })
    expect(late.body).toMatchObject({ code: 'token-used-up' })
  })

  test('with the same key and another machine, or a key in use, makes no node', async () => {
    const { server } = await start()
    const token = await giveToken(server)
    const machine = await makeMachine()
    await join(server, machine, { token })
    const copied = { ...machine, request: { ...machine.request, identity: { machineId: 'other' } } }
    expect((await tryJoin(server, copied, { token })).body).toMatchObject({
      code: 'key-in-use',
      path: '/keys/csr',
    })
    const second = await giveToken(server)
    expect((await tryJoin(server, machine, { token: second })).body).toMatchObject({
      code: 'key-in-use',
    })
    const fresh = await makeMachine()
    const keys = { ...fresh.request.keys, wireguard: machine.request.keys.wireguard }
    const thief = { ...fresh, request: { ...fresh.request, keys } }
    expect((await tryJoin(server, thief, { token })).body).toMatchObject({
      code: 'key-in-use',
      path: '/keys/wireguard',
    })
    const listed = await server.server.store.read((reads) => reads.tokens.byId(token.slice(3, 14)))
    expect(listed?.used).toBe(1)
  })

  test("of a hub's certificate key makes no node", async () => {
    const { server, hub } = await start()
    const { certificate: _, ...machine } = hub
    const { body } = await tryJoin(server, machine, { token: await giveToken(server) })
    expect(body).toMatchObject({ code: 'key-in-use', path: '/keys/csr' })
  })

  test("of a hub's WireGuard key makes no node", async () => {
    const { server } = await start()
    const hub = await server.server.store.read(({ hosts }) => hosts.byName('hub', 'hub1'))
    const machine = await makeMachine()
    const keys = { ...machine.request.keys, wireguard: hub?.wireguardKey ?? '' }
    const thief = { ...machine, request: { ...machine.request, keys } }
    const { body } = await tryJoin(server, thief, { token: await giveToken(server) })
    expect(body).toMatchObject({ code: 'key-in-use' })
  })

  test('of a revoked node is not answered again', async () => {
    const { server } = await start()
    const token = await giveToken(server)
    const machine = await makeMachine()
    const { answer } = await join(server, machine, { token })
    await server.server.store.write(({ nodes }) =>
      nodes.update(answer.node.id, { state: 'revoked' }),
    )
    expect((await tryJoin(server, machine, { token })).body).toMatchObject({ code: 'node-revoked' })
  })

  test('may be for one slot, which rests after it was left', async () => {
    const sites = {
      aruba: {
        site: 'aruba',
        nodes: '10.200.1.0/24',
        tunnels: ['wg'],
        services: [],
        quarantine: '1h',
      },
    }
    const { server, clock } = await start({ sites })
    const token = await giveToken(server, { slot: 7, expires: clock.now + 1e9 })
    const { answer } = await join(server, await makeMachine(), { token })
    expect(answer.node).toMatchObject({ name: 'aruba-7', addresses: ['10.200.1.7'] })
    const again = async () => tryJoin(server, await makeMachine(), { token })
    expect((await again()).body).toMatchObject({
      code: 'slots-full',
      detail: 'slot 7 of site "aruba" is taken',
    })
    await server.server.store.write(({ nodes }) =>
      nodes.free(answer.node.id, {
        state: 'left',
        at: clock.now,
        restUntil: clock.now + 60 * minute,
      }),
    )
    expect((await again()).body.detail).toContain('at rest')
    clock.now += 60 * minute
    expect((await again()).body).toMatchObject({ node: { slot: 7 } })
  })

  test('finds a site full by its limit, in numbers', async () => {
    const sites = {
      aruba: {
        site: 'aruba',
        nodes: '10.200.1.0/24',
        limits: { nodes: 2 },
        tunnels: ['wg'],
        services: [],
      },
    }
    const { server } = await start({ sites })
    const token = await giveToken(server)
    for (let n = 0; n < 2; n++) await join(server, await makeMachine(), { token })
    const { status, body } = await tryJoin(server, await makeMachine(), { token })
    expect({ status, body }).toMatchObject({
      status: 503,
      body: {
        code: 'slots-full',
        detail: 'all 2 node slots of site "aruba" are taken or at rest',
        retryAfter: 60,
      },
    })
    const left = await server.server.store.read((reads) => reads.tokens.byId(token.slice(3, 14)))
    expect(left?.used).toBe(2)
  })

  test('narrowed by the sources of its site says which site the machine is of', async () => {
    const site = (name: string, at: number, source: string) => ({
      site: name,
      nodes: `10.200.${at}.0/24`,
      tunnels: ['wg'],
      services: [],
      match: { source: [source] },
    })
    const { server } = await start({
      sites: { aruba: site('aruba', 1, '127.0.0.2/32'), other: site('other', 2, '127.0.0.1/32') },
    })
    const token = await giveToken(server)
    const elsewhere = await tryJoin(server, await makeMachine(), { token })
    expect(elsewhere.body).toMatchObject({ code: 'token-elsewhere' })
    expect(elsewhere.body.detail).toContain('machines of site "other"')
    await join(server, await makeMachine(), { token, from: '127.0.0.2' })
  })

  test('is guessed at only so often from one source, and a right one passes all the same', async () => {
    const { server, clock } = await start()
    const machine = await makeMachine()
    const guess = async (from: string) =>
      (await tryJoin(server, machine, { token: renderToken(createToken(Buffer.alloc(32))), from }))
        .body
    const codes = []
    for (let n = 0; n < 21; n++) codes.push((await guess('127.0.0.1')).code)
    expect(codes.slice(0, 20)).toEqual(Array(20).fill('token-refused'))
    expect(await guess('127.0.0.1')).toMatchObject({ code: 'too-many-requests', retryAfter: 10 })
    expect((await guess('127.0.0.3')).code).toBe('token-refused')
    await join(server, machine, { token: await giveToken(server), from: '127.0.0.1' })
    clock.now += 10_000
    expect((await guess('127.0.0.1')).code).toBe('token-refused')
  })

  test('of a job makes a job node in a range of its own', async () => {
    const sites = {
      hpc: {
        site: 'hpc',
        nodes: '10.200.3.0/28',
        jobs: '10.200.64.0/20',
        tunnels: ['udp'],
        services: ['ce'],
        files: [{ path: '/etc/motd', content: 'secret', mode: '0600', secret: true }],
      },
    }
    const { server } = await start({ sites })
    const token = await giveToken(server, { role: 'job', site: 'hpc' })
    const { answer } = await join(server, await makeMachine({ kind: 'job' }), { token })
    expect(answer.node).toMatchObject({
      role: 'job',
      name: 'hpc-job-1',
      addresses: ['10.200.64.1'],
    })
    expect(answer.site).toMatchObject({ files: [], commands: [], admins: [] })
    const machine = await tryJoin(server, await makeMachine(), { token })
    expect(machine.body).toMatchObject({ code: 'token-other-kind' })
  })
})

describe('a join', () => {
  test('is put off while no hub of the ladder has enrolled, at no cost', async () => {
    const server = await startTestServer()
    const token = await giveToken(server)
    const { body } = await tryJoin(server, await makeMachine(), { token })
    expect(body).toMatchObject({ code: 'server-busy', retryAfter: 30 })
    await tryJoin(server, await makeMachine(), { token })
    expect(server.said.text.match(/tunnel "wg" is left out/g)?.length).toBe(1)
    const left = await server.server.store.read((reads) => reads.tokens.byId(token.slice(3, 14)))
    expect(left?.used).toBe(0)
  })

  test('is put off when the only hub was revoked, or cannot end a tunnel', async () => {
    const { server } = await start({
      sites: { aruba: { site: 'aruba', nodes: '10.200.1.0/24', tunnels: ['wg'], services: [] } },
    })
    const { store } = server.server
    const token = await giveToken(server)
    const outcome = async () => (await tryJoin(server, await makeMachine(), { token })).body.code
    const hub = await store.read(({ hosts }) => hosts.byName('hub', 'hub1'))
    await store.write(({ hosts }) => hosts.update(hub?.id ?? '', { wireguardKey: null }))
    expect(await outcome()).toBe('server-busy')
    await store.write(({ hosts }) =>
      hosts.update(hub?.id ?? '', { wireguardKey: hub?.wireguardKey ?? null }),
    )
    expect(await outcome()).toBeUndefined()
    await store.write(({ hosts }) => hosts.revoke(hub?.id ?? '', 1))
    expect(await outcome()).toBe('server-busy')
  })

  test('of a job is for a site that has addresses for jobs', async () => {
    const { server } = await start()
    const token = await giveToken(server, { role: 'job' })
    const { body } = await tryJoin(server, await makeMachine({ kind: 'job' }), { token })
    expect(body).toMatchObject({
      code: 'place-gone',
      detail: 'site "aruba" has no addresses for a job',
    })
  })

  test('leaves out the tunnels of hubs that have not enrolled', async () => {
    const hub = { public: '192.0.2.2', inner: '10.200.0.2', local: '192.0.2.2' }
    const { server } = await start({
      centre: {
        hubs: {
          hub1: { ...hub, public: '192.0.2.1', inner: '10.200.0.1', local: '192.0.2.1' },
          hub2: hub,
        },
        tunnels: {
          wg: { kind: 'wireguard', hub: 'hub2', port: 51820 },
          udp: { kind: 'openvpn', hub: 'hub1', proto: 'udp', port: 1194 },
        },
      },
    })
    const token = await giveToken(server)
    const one = await join(server, await makeMachine(), { token })
    expect(one.answer.rungs.map((rung) => rung.map(({ name }) => name))).toEqual([['udp']])
    expect(one.answer.hubs.map(({ name }) => name)).toEqual(['hub1'])
    await enrolHub(server, 'hub2')
    const two = await join(server, await makeMachine(), { token })
    expect(two.answer.hubs.map(({ name }) => name)).toEqual(['hub1', 'hub2'])
  })

  test('waits while a restored store has not heard the hubs', async () => {
    const { server } = await start()
    await server.server.store.write((tx) => tx.newEpoch({ reason: 'test', actor: 'test', at: 1 }))
    const { body } = await tryJoin(server, await makeMachine(), { token: await giveToken(server) })
    expect(body).toMatchObject({ code: 'server-busy', retryAfter: 10 })
  })

  test('of a version too far apart names both', async () => {
    const { server } = await start()
    const serverOf = { ...server.server, version: '0.3.1' }
    const { readApplicant } = await import('../../../src/server/enrol/applicant.ts')
    const { request } = await makeMachine()
    const call = { body: request, source: { address: '127.0.0.1', port: 1 } }
    const read = (version: string) =>
      readApplicant({ ...call, body: { ...request, version } } as never, serverOf)
    expect(() => read('0.1.9')).toThrow(/"0.1.9".*"0.3.1"/)
    expect(() => read('1.3.1')).toThrow(expect.objectContaining({ code: 'version-apart' }))
    for (const version of ['0.2.0', '0.3.1', '0.4.7']) expect(read(version).role).toBe('node')
  })

  test('with a request that is not one is refused by what is wrong', async () => {
    const { server } = await start()
    const token = await giveToken(server)
    const machine = await makeMachine()
    const csr = Buffer.from(machine.request.keys.csr, 'base64')
    csr[csr.length - 1] = (csr.at(-1) ?? 0) ^ 1
    const keys = { ...machine.request.keys, csr: csr.toString('base64') }
    const { body } = await tryJoin(
      server,
      { ...machine, request: { ...machine.request, keys } },
      { token },
    )
    expect(body).toMatchObject({ code: 'csr-refused', path: '/keys/csr' })
  })

  test('is in the audit with its addresses', async () => {
    const { server } = await start()
    const { answer } = await join(server, await makeMachine(), { token: await giveToken(server) })
    const told = await server.server.store.read(({ audit }) =>
      audit.list({ address: '10.200.1.1', limit: 10 }),
    )
    expect(told).toMatchObject([
      {
        action: 'join',
        actor: 'aruba-1',
        subject: answer.node.id,
        source: '127.0.0.1',
        addresses: ['10.200.1.1', '127.0.0.1'],
        detail: { name: 'aruba-1', site: 'aruba', isProved: false },
      },
    ])
  })
})
