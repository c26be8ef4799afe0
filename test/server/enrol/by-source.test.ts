import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { mostPending } from '../../../src/server/enrol/by-source.ts'
import { createPerson } from '../../pki/people.ts'
import { makeNode } from '../../store/records.ts'
import {
  type Answer,
  ask,
  giveToken,
  join,
  makeMachine,
  tryJoin,
  wireguardKey,
} from '../machines.ts'
import { startTestServer, type TestServer } from '../test-server.ts'
import { start } from './start.ts'

const site = (name: string, at: number, source: string[], over: object = {}) => ({
  site: name,
  nodes: `10.200.${at}.0/24`,
  tunnels: ['wg'],
  services: [],
  enrol: 'source',
  match: { source },
  ...over,
})
const sites = {
  aruba: site('aruba', 1, ['127.0.0.0/30']),
  other: site('other', 2, ['127.0.0.5/32'], { limits: { nodes: 1 } }),
  closed: site('closed', 3, ['127.0.0.6/32'], { enrol: 'token' }),
}

/** By the server's own socket, as root. */
function approve({ socket }: TestServer, node: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { socketPath: socket, method: 'POST', path: `/v1/nodes/${node}/approve`, agent: false },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }),
        )
      },
    )
    asked.on('error', reject).end()
  })
}

async function waiting({ server }: TestServer, name = 'aruba') {
  return server.store.read(({ nodes }) => nodes.list({ site: name, state: 'pending' }))
}

describe('a machine without a token', () => {
  test('waits until an administrator lets it in, and then has its answer by the same key', async () => {
    const { server, clock } = await start({ sites })
    const machine = await makeMachine()
    const first = await tryJoin(server, machine)
    expect(first).toMatchObject({ status: 403, body: { code: 'node-pending', retryAfter: 60 } })
    const [node, ...more] = await waiting(server)
    expect(more).toEqual([])
    expect(first.body.detail).toContain(node?.id)
    expect((await tryJoin(server, machine)).body).toMatchObject({ code: 'node-pending' })
    expect((await waiting(server)).length).toBe(1)
    expect(await approve(server, node?.id ?? '')).toEqual({
      status: 200,
      body: { changed: ['aruba-1'] },
    })
    const { answer, machine: settled } = await join(server, machine)
    expect(answer.node).toMatchObject({ id: node?.id, name: 'aruba-1', slot: 1 })
    expect((await join(server, machine)).answer.node).toEqual(answer.node)
    expect(await tryJoin(server, settled)).toMatchObject({ status: 200 })
    clock.now += 11 * 60_000
    expect((await tryJoin(server, machine)).body).toMatchObject({ code: 'certificate-refused' })
    expect(await tryJoin(server, settled)).toMatchObject({ status: 200 })
    const all = await server.server.store.read(({ audit }) =>
      audit.list({ subject: node?.id ?? '', limit: 20 }),
    )
    const told = all.filter(({ action }) => action !== 'refusal')
    expect(told.map(({ action }) => action)).toEqual([
      ...['wait', 'node-approve', 'join', 'rejoin', 'rejoin'],
    ])
    expect(told[1]?.actor).toMatch(/^root@/)
  })

  test.each([
    ['127.0.0.9', 'machines from "127.0.0.9" join by a token'],
    ['127.0.0.6', 'machines from "127.0.0.6" join by a token'],
  ])('from %s is of no site: %s', async (from, detail) => {
    const { server } = await start({ sites })
    const { body } = await tryJoin(server, await makeMachine(), { from })
    expect(body).toMatchObject({ code: 'token-refused', detail })
  })

  test.each(['job', 'hub'] as const)('may not be a %s', async (kind) => {
    const { server } = await start({ sites })
    const { body } = await tryJoin(server, await makeMachine({ kind }))
    expect(body).toMatchObject({ code: 'token-refused' })
  })

  test('with the key of another machine makes new ones', async () => {
    const { server } = await start({ sites })
    const machine = await makeMachine()
    await tryJoin(server, machine)
    const identity = { machineId: 'other' }
    const copied = { ...machine, request: { ...machine.request, identity } }
    expect((await tryJoin(server, copied)).body).toMatchObject({ code: 'keys-copied' })
    expect((await tryJoin(server, machine, { from: '127.0.0.5' })).body).toMatchObject({
      code: 'key-in-use',
    })
    const joined = await join(server, await makeMachine(), { token: await giveToken(server) })
    const { certificate: _, ...without } = joined.machine
    expect((await tryJoin(server, without)).body).toMatchObject({ code: 'key-in-use' })
  })

  test('may have no key of another machine, neither when it begins to wait nor when it is let in', async () => {
    const { server } = await start({ sites })
    const other = await join(server, await makeMachine(), { token: await giveToken(server) })
    const { wireguard } = other.machine.request.keys
    const machine = await makeMachine()
    const keys = { ...machine.request.keys, wireguard }
    const thief = { ...machine, request: { ...machine.request, keys } }
    expect((await tryJoin(server, thief)).body).toMatchObject({ code: 'key-in-use' })
    expect(await waiting(server)).toEqual([])
    await tryJoin(server, machine)
    const [node] = await waiting(server)
    await approve(server, node?.id ?? '')
    expect((await tryJoin(server, thief)).body).toMatchObject({ code: 'key-in-use' })
    expect(await tryJoin(server, machine)).toMatchObject({ status: 200 })
  })

  test('that was revoked while it waited stays out', async () => {
    const { server } = await start({ sites })
    const machine = await makeMachine()
    await tryJoin(server, machine)
    const [node] = await waiting(server)
    await server.server.store.write(({ nodes }) =>
      nodes.update(node?.id ?? '', { state: 'revoked' }),
    )
    expect((await tryJoin(server, machine)).body).toMatchObject({ code: 'node-revoked' })
  })

  test('is put off while no hub has enrolled', async () => {
    const server = await startTestServer({ sites })
    expect((await tryJoin(server, await makeMachine())).body).toMatchObject({
      code: 'server-busy',
    })
    expect(await waiting(server)).toEqual([])
  })

  test('waits beside a bounded number of others', async () => {
    const { server } = await start({ sites })
    await server.server.store.write(async ({ nodes }) => {
      for (let n = 0; n < mostPending; n++)
        await nodes.insert(makeNode({ id: `p${n}`, slot: null, state: 'pending' }))
    })
    expect((await tryJoin(server, await makeMachine())).body).toMatchObject({
      code: 'too-many-requests',
      retryAfter: 600,
    })
    expect((await waiting(server)).length).toBe(mostPending)
    const elsewhere = await tryJoin(server, await makeMachine(), { from: '127.0.0.5' })
    expect(elsewhere.body).toMatchObject({ code: 'node-pending' })
  })

  test('is let in with the key that it shows then', async () => {
    const { server } = await start({ sites })
    const machine = await makeMachine()
    await tryJoin(server, machine)
    const [node] = await waiting(server)
    await approve(server, node?.id ?? '')
    const wireguard = wireguardKey()
    const keys = { ...machine.request.keys, wireguard }
    await join(server, { ...machine, request: { ...machine.request, keys } })
    const record = await server.server.store.read(({ nodes }) => nodes.byId(node?.id ?? ''))
    expect(record).toMatchObject({ wireguardKey: wireguard, token: null, slot: 1 })
  })
})

describe('an approval', () => {
  test('is for a machine that waits, while there is a slot', async () => {
    const { server } = await start({ sites })
    expect(await approve(server, 'nobody')).toMatchObject({ status: 404 })
    for (let n = 0; n < 2; n++) await tryJoin(server, await makeMachine(), { from: '127.0.0.5' })
    const [first, second] = await waiting(server, 'other')
    expect((await approve(server, first?.id ?? '')).body).toEqual({ changed: ['other-1'] })
    expect((await approve(server, first?.id ?? '')).body).toMatchObject({ code: 'not-found' })
    expect((await approve(server, 'other-1')).body.detail).toContain('does not wait')
    expect((await approve(server, second?.id ?? '')).body).toMatchObject({ code: 'slots-full' })
    expect((await waiting(server, 'other')).length).toBe(1)
  })

  test('is given by administrators of that site only, and by none of a lower rank', async () => {
    const { server } = await start({ sites })
    await tryJoin(server, await makeMachine())
    const [node] = await waiting(server)
    const person = async (name: string, role: 'viewer' | 'operator', of: string | null) => {
      const made = await createPerson(server.keys.authorities, {
        role: 'admin',
        name,
        now: new Date(),
      })
      const admin = {
        id: name,
        name,
        role,
        site: of,
        certificate: made.id,
        created: 1,
        createdBy: 'x',
      }
      await server.server.store.write(({ admins }) => admins.insert(admin))
      return made
    }
    const path = `/v1/nodes/${node?.id}/approve`
    const by = async (as: Awaited<ReturnType<typeof person>>) =>
      (await ask(server, { path, as, listener: 'admin' })).body
    expect(await by(await person('vera', 'viewer', null))).toMatchObject({ code: 'not-allowed' })
    expect(await by(await person('otto', 'operator', 'other'))).toMatchObject({ code: 'not-found' })
    expect(await by(await person('anna', 'operator', 'aruba'))).toEqual({ changed: ['aruba-1'] })
  })
})
