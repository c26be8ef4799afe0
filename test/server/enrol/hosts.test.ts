import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkCertificate, readPem } from '../../../src/pki/check-certificate.ts'
import { createCsr, createKey } from '../../../src/pki/csr.ts'
import type { Call } from '../../../src/server/call.ts'
import { identifyCaller } from '../../../src/server/callers.ts'
import { join as answerJoin } from '../../../src/server/enrol/join.ts'
import { derOf } from '../../pki/people.ts'
import {
  enrolHub,
  giveToken,
  good,
  makeMachine,
  sshKey,
  tryJoin,
  wireguardKey,
} from '../machines.ts'
import { centre, startTestServer, writeProfile } from '../test-server.ts'
import { start } from './start.ts'

const day = 24 * 3_600_000
const forHub = { role: 'hub', name: 'hub1', site: null, uses: 1 } as const

async function asHub({
  server,
  certificate,
}: {
  server: Awaited<ReturnType<typeof startTestServer>>
  certificate: string
}) {
  return checkCertificate(derOf(certificate), {
    authority: server.keys.authorities.hub.certificate,
    roles: ['hub', 'service'],
    now: new Date(server.server.now()),
  })
}

describe('a host of the centre', () => {
  test('joins by a token for its name, and goes on to the feed', async () => {
    const server = await startTestServer()
    const token = await giveToken(server, forHub)
    const { body } = await tryJoin(server, await makeMachine(), { token })
    const answer = good('join', body)
    expect(answer).toMatchObject({ host: { role: 'hub', name: 'hub1' }, rungs: [], hubs: [] })
    expect(answer.node).toBeUndefined()
    expect(answer.authorities.node).toBe(server.keys.authorities.node.certificate)
    expect(await asHub({ server, certificate: answer.certificate })).toMatchObject({
      value: { role: 'hub', name: 'hub1' },
    })
    const service = await giveToken(server, { ...forHub, role: 'service', name: 'ce' })
    const ce = good('join', (await tryJoin(server, await makeMachine(), { token: service })).body)
    expect(await asHub({ server, certificate: ce.certificate })).toMatchObject({
      value: { role: 'service', name: 'ce' },
    })
  })

  test('has a name that the profile has, and that nobody else has', async () => {
    const { server } = await start()
    const other = await giveToken(server, { ...forHub, name: 'hub9' })
    expect((await tryJoin(server, await makeMachine(), { token: other })).body).toMatchObject({
      code: 'place-gone',
    })
    const wrongKind = await giveToken(server, { ...forHub, role: 'service' })
    expect((await tryJoin(server, await makeMachine(), { token: wrongKind })).body).toMatchObject({
      code: 'place-gone',
    })
    const token = await giveToken(server, forHub)
    expect((await tryJoin(server, await makeMachine(), { token })).body).toMatchObject({
      code: 'name-taken',
    })
    const { store } = server.server
    const hub = await store.read(({ hosts }) => hosts.byName('hub', 'hub1'))
    await store.write(({ hosts }) => hosts.revoke(hub?.id ?? '', 1))
    expect(await tryJoin(server, await makeMachine(), { token })).toMatchObject({ status: 200 })
    const job = await tryJoin(server, await makeMachine({ kind: 'job' }), {
      token: await giveToken(server, forHub),
    })
    expect(job.body).toMatchObject({ code: 'token-other-kind' })
  })

  test('is answered again when the answer was lost, by its token once', async () => {
    const { server, clock } = await start()
    const { store } = server.server
    const forService = { ...forHub, role: 'service', name: 'ce' } as const
    const token = await giveToken(server, forService)
    const machine = await makeMachine()
    const first = await tryJoin(server, machine, { token })
    const at = await store.read(({ feed }) => feed.position())
    const second = await tryJoin(server, machine, { token })
    expect(second.body.certificate).toBe(first.body.certificate)
    expect(await store.read(({ feed }) => feed.position())).toEqual(at)
    const another = await tryJoin(server, await makeMachine(), { token })
    expect(another.body).toMatchObject({ code: 'token-used-up' })
    clock.now += 11 * 60_000
    expect((await tryJoin(server, machine, { token })).body).toMatchObject({
      code: 'token-used-up',
    })
  })

  test("may not have a node's keys", async () => {
    const { server } = await start()
    const node = await makeMachine()
    await tryJoin(server, node, { token: await giveToken(server) })
    const token = await giveToken(server, { ...forHub, role: 'service', name: 'ce' })
    const host = await makeMachine()
    const { wireguard } = node.request.keys
    const keys = { ...host.request.keys, wireguard }
    const thief = { ...host, request: { ...host.request, keys } }
    expect((await tryJoin(server, thief, { token })).body).toMatchObject({ code: 'key-in-use' })
  })

  test('comes back by its certificate; hubs hear of it when it changed', async () => {
    const { server, hub } = await start()
    const { store } = server.server
    const position = () => store.read(({ feed }) => feed.position())
    const before = await position()
    expect((await tryJoin(server, hub)).body.certificate).toBe(hub.certificate)
    expect(await position()).toEqual(before)
    const keys = { ...hub.request.keys, wireguard: wireguardKey(), sshHostKeys: [sshKey()] }
    await tryJoin(server, { ...hub, request: { ...hub.request, keys } })
    expect((await position()).generation).toBeGreaterThan(before.generation)
    expect(await store.read(({ hosts }) => hosts.byName('hub', 'hub1'))).toMatchObject({
      wireguardKey: keys.wireguard,
      sshHostKeys: keys.sshHostKeys,
      certificatePem: hub.certificate,
    })
  })

  test('has its certificate renewed when that is due, under the id that nodes know it by', async () => {
    const { server, hub, clock } = await start()
    clock.now += 3 * 365 * day
    expect((await tryJoin(server, hub)).body.certificate).toBe(hub.certificate)
    clock.now += 365 * day
    const renewed = (await tryJoin(server, hub)).body.certificate
    const before = readPem(hub.certificate)
    const after = readPem(renewed)
    expect({ ...after, expires: 0, notBefore: 0 }).toEqual({ ...before, expires: 0, notBefore: 0 })
    expect(after.expires.getTime()).toBe(before.expires.getTime() + 4 * 365 * day)
    const { body } = await tryJoin(server, await makeMachine(), { token: await giveToken(server) })
    expect(good('join', body).hubs[0]?.certificate).toBe(renewed)
    for (const certificate of [hub.certificate, renewed, hub.certificate])
      expect((await tryJoin(server, { ...hub, certificate })).body.certificate).toBe(renewed)
  })

  test('whose certificate ended comes back by a token and its own key, as who it was', async () => {
    const { server, hub, clock } = await start()
    const { store } = server.server
    const hosts = () => store.read((reads) => reads.hosts.list())
    const [before] = await hosts()
    clock.now += 6 * 365 * day
    expect((await tryJoin(server, hub)).body).toMatchObject({ code: 'certificate-expired' })
    const token = await giveToken(server, forHub)
    const { certificate: _, ...machine } = hub
    const thief = await makeMachine()
    expect((await tryJoin(server, thief, { token })).body).toMatchObject({ code: 'name-taken' })
    const { certificate } = (await tryJoin(server, machine, { token })).body
    expect(readPem(certificate).id).toBe(readPem(hub.certificate).id)
    expect(await tryJoin(server, { ...hub, certificate })).toMatchObject({ status: 200 })
    expect(await hosts()).toMatchObject([{ id: before?.id, certificatePem: certificate }])
    expect((await tryJoin(server, machine, { token })).body).toMatchObject({
      code: 'token-used-up',
    })
  })

  test('that was revoked does not come back by a token under its old id', async () => {
    const { server, hub } = await start()
    const { store } = server.server
    const record = await store.read(({ hosts }) => hosts.byName('hub', 'hub1'))
    await store.write(({ hosts }) => hosts.revoke(record?.id ?? '', 1))
    const { certificate: _, ...machine } = hub
    const token = await giveToken(server, forHub)
    const { certificate } = (await tryJoin(server, machine, { token })).body
    expect(readPem(certificate).id).not.toBe(readPem(hub.certificate).id)
    expect((await tryJoin(server, hub)).body).toMatchObject({ code: 'certificate-revoked' })
  })

  test('may change the key of its certificate, and take the keys of nobody', async () => {
    const { server, hub } = await start()
    const key = await createKey()
    const csr = createCsr(key).toString('base64')
    const keys = { ...hub.request.keys, csr }
    const next = { ...hub, request: { ...hub.request, keys } }
    const certificate = (await tryJoin(server, next)).body.certificate
    const rekeyed = { ...next, key, certificate }
    expect((await tryJoin(server, rekeyed)).body.certificate).toBe(certificate)
    const node = await makeMachine()
    await tryJoin(server, node, { token: await giveToken(server) })
    for (const stolen of ['csr', 'wireguard'] as const) {
      const others = { ...keys, [stolen]: node.request.keys[stolen] }
      const thief = { ...rekeyed, request: { ...rekeyed.request, keys: others } }
      expect((await tryJoin(server, thief)).body).toMatchObject({ code: 'key-in-use' })
    }
  })

  test('that asks twice at once when its certificate is due can use what it gets', async () => {
    const { server, hub, clock } = await start()
    clock.now += 4 * 365 * day
    const answers = await Promise.all([tryJoin(server, hub), tryJoin(server, hub)])
    for (const { body } of answers)
      expect(await tryJoin(server, { ...hub, certificate: body.certificate })).toMatchObject({
        status: 200,
      })
  })

  test('is told when the profile has its name no more', async () => {
    const { server } = await start()
    const token = await giveToken(server, { ...forHub, role: 'service', name: 'ce' })
    const machine = await makeMachine()
    const { certificate } = (await tryJoin(server, machine, { token })).body
    writeProfile(server.configDir, { ...centre, services: {} })
    writeFileSync(
      join(server.configDir, 'sites/aruba.yaml'),
      'site: aruba\nnodes: 10.200.1.0/24\ntunnels: [wg]\nservices: []\n',
    )
    await server.server.reload()
    expect((await tryJoin(server, { ...machine, certificate })).body).toMatchObject({
      code: 'place-gone',
      detail: 'the centre has no service "ce" any more',
    })
  })

  test('is refused when it was revoked while it was being asked who it is', async () => {
    const { server, hub } = await start()
    const caller = await identifyCaller(derOf(hub.certificate), ['hub'], server.server)
    const source = { address: '127.0.0.1', port: 1 }
    const call = { caller, body: hub.request, source } as Call<'join'>
    const { store } = server.server
    const record = await store.read(({ hosts }) => hosts.byName('hub', 'hub1'))
    await store.write(({ hosts }) => hosts.revoke(record?.id ?? '', 1))
    await expect(answerJoin(call, server.server)).rejects.toMatchObject({
      code: 'certificate-revoked',
    })
  })

  test('that was revoked is refused', async () => {
    const { server } = await start({
      centre: {
        hubs: {
          hub1: { public: '192.0.2.1', inner: '10.200.0.1', local: '192.0.2.1' },
          hub2: { public: '192.0.2.2', inner: '10.200.0.2', local: '192.0.2.2' },
        },
      },
    })
    const hub = await enrolHub(server, 'hub2')
    const { store } = server.server
    const record = await store.read(({ hosts }) => hosts.byName('hub', 'hub2'))
    await store.write(({ hosts }) => hosts.revoke(record?.id ?? '', 1))
    expect((await tryJoin(server, hub)).body).toMatchObject({ code: 'certificate-revoked' })
  })
})
