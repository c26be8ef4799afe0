import { randomBytes } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join as joinPath } from 'node:path'
import { describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import { createCsr, createKey } from '../../../src/pki/csr.ts'
import type { NodeState } from '../../../src/protocol/records.ts'
import type { Call } from '../../../src/server/call.ts'
import { identifyCaller } from '../../../src/server/callers.ts'
import { join as answerJoin } from '../../../src/server/enrol/join.ts'
import { derOf } from '../../pki/people.ts'
import {
  giveToken,
  join,
  leave,
  type Machine,
  makeMachine,
  sshKey,
  tryJoin,
  wireguardKey,
} from '../machines.ts'
import { type Started, start } from './start.ts'

const day = 24 * 3_600_000
const site = { site: 'aruba', nodes: '10.200.1.0/24', tunnels: ['wg'], services: ['ce'] }

type Request = Machine['request']

function changed<M extends Machine>(machine: M, change: Partial<Request>): M {
  return { ...machine, request: { ...machine.request, ...change } }
}

function withKeys<M extends Machine>(machine: M, keys: Partial<Request['keys']>): M {
  return changed(machine, { keys: { ...machine.request.keys, ...keys } })
}

async function joined(over: object = {}, options: Parameters<typeof start>[0] = {}) {
  const started = await start({ sites: { aruba: { ...site, ...over } }, ...options })
  const token = await giveToken(started.server, { expires: Number.MAX_SAFE_INTEGER })
  const { machine, answer } = await join(started.server, await makeMachine(), { token })
  return { ...started, token, machine, answer }
}

const generation = async ({ server }: Pick<Started, 'server'>) =>
  (await server.server.store.read(({ feed }) => feed.position())).generation

const nodeOf = ({ server }: Pick<Started, 'server'>, id: string) =>
  server.server.store.read(({ nodes }) => nodes.byId(id))

describe('a node that comes back by its certificate', () => {
  test('is the same one, and hubs hear nothing when nothing changed', async () => {
    const all = await joined()
    await tryJoin(all.server, all.machine)
    const before = await generation(all)
    const again = await join(all.server, all.machine)
    expect(again.answer.node).toEqual(all.answer.node)
    expect(again.answer.certificate).toBe(all.answer.certificate)
    expect(again.answer.position).toBe(all.answer.position)
    expect(await generation(all)).toBe(before)
  })

  test('is told of its quarantine as long as that lasts', async () => {
    const all = await joined()
    const { id } = all.answer.node ?? { id: '' }
    const become = (state: NodeState) =>
      all.server.server.store.write(({ nodes }) => nodes.update(id, { state }))
    expect(all.answer.node).not.toHaveProperty('quarantined')
    await become('quarantined')
    expect((await join(all.server, all.machine)).answer.node).toMatchObject({ quarantined: true })
    await become('ready')
    expect((await join(all.server, all.machine)).answer.node).toEqual(all.answer.node)
  })

  test('needs no token, and spends none that it shows', async () => {
    const all = await joined()
    await join(all.server, all.machine, { token: all.token })
    const { nodes, token } = await all.server.server.store.read(async (reads) => ({
      nodes: await reads.nodes.list(),
      token: await reads.tokens.byId(all.token.slice(3, 14)),
    }))
    expect(nodes.length).toBe(1)
    expect(token?.used).toBe(1)
  })

  test('has its facts and its WireGuard key brought up to date', async () => {
    const all = await joined()
    const wireguard = wireguardKey()
    const facts = { hostname: 'vm-2', cpus: 8 }
    const before = await generation(all)
    await join(all.server, changed(withKeys(all.machine, { wireguard }), { facts }))
    expect(await nodeOf(all, all.answer.node.id)).toMatchObject({ facts, wireguardKey: wireguard })
    expect(await generation(all)).toBeGreaterThan(before)
  })

  test('may not take a key that another has', async () => {
    const all = await joined()
    const other = await join(all.server, await makeMachine(), { token: all.token })
    const { wireguard } = other.machine.request.keys
    expect((await tryJoin(all.server, withKeys(all.machine, { wireguard }))).body).toMatchObject({
      code: 'key-in-use',
    })
    const csr = createCsr(other.machine.key).toString('base64')
    expect((await tryJoin(all.server, withKeys(all.machine, { csr }))).body).toMatchObject({
      code: 'key-in-use',
    })
  })

  test('keeps its accepted host keys beside other ones that it shows, until it has the accepted ones again', async () => {
    const all = await joined()
    const accepted = all.machine.request.keys.sshHostKeys
    const others = [sshKey(), ...accepted]
    const { id } = all.answer.node
    await join(all.server, withKeys(all.machine, { sshHostKeys: others }))
    expect(await nodeOf(all, id)).toMatchObject({
      sshHostKeys: accepted,
      changedSshHostKeys: others,
    })
    await join(all.server, withKeys(all.machine, { sshHostKeys: [] }))
    expect(await nodeOf(all, id)).toMatchObject({ changedSshHostKeys: others })
    await join(all.server, all.machine)
    expect(await nodeOf(all, id)).toMatchObject({ sshHostKeys: accepted, changedSshHostKeys: null })
  })

  test('has its first host keys accepted when it comes without any at first', async () => {
    const all = await joined()
    const bare = await makeMachine()
    const { machine, answer } = await join(all.server, withKeys(bare, { sshHostKeys: [] }), {
      token: all.token,
    })
    const sshHostKeys = [sshKey()]
    await join(all.server, withKeys(machine, { sshHostKeys }))
    expect(await nodeOf(all, answer.node.id)).toMatchObject({
      sshHostKeys,
      changedSshHostKeys: null,
    })
  })

  test('has its certificate renewed when that is due, and the old one lives until the new one is used', async () => {
    const all = await joined({ certificates: '30d' })
    all.clock.now += 19 * day
    expect((await join(all.server, all.machine)).answer.certificate).toBe(all.machine.certificate)
    all.clock.now += 2 * day
    const renewed = (await join(all.server, all.machine)).machine
    expect(renewed.certificate).not.toBe(all.machine.certificate)
    const lost = (await join(all.server, all.machine)).machine
    for (const machine of [renewed, lost])
      expect(await tryJoin(all.server, machine)).toMatchObject({ status: 200 })
    expect((await tryJoin(all.server, all.machine)).body).toMatchObject({
      code: 'certificate-revoked',
    })
    const told = await all.server.server.store.read(({ audit }) =>
      audit.list({ action: 'renew', limit: 10 }),
    )
    expect(told).toMatchObject([{ detail: { changed: ['certificate'] } }])
  })

  test('that asks twice at once when its certificate is due can use what it gets', async () => {
    const all = await joined({ certificates: '30d' })
    all.clock.now += 25 * day
    const answers = await Promise.all([1, 2].map(() => tryJoin(all.server, all.machine)))
    for (const { body } of answers)
      expect(
        await tryJoin(all.server, { ...all.machine, certificate: body.certificate }),
      ).toMatchObject({ status: 200 })
  })

  test('may change the key of its certificate, which the old one proves', async () => {
    const all = await joined()
    const key = await createKey()
    const next = { ...withKeys(all.machine, { csr: createCsr(key).toString('base64') }) }
    const { answer } = await join(all.server, next)
    expect(answer.node).toEqual(all.answer.node)
    const rekeyed = { ...next, key, certificate: answer.certificate }
    expect(await tryJoin(all.server, rekeyed)).toMatchObject({ status: 200 })
    expect((await tryJoin(all.server, all.machine)).body).toMatchObject({
      code: 'certificate-revoked',
    })
  })

  test('is refused when it was revoked or has left', async () => {
    const all = await joined()
    const other = await join(all.server, await makeMachine(), { token: all.token })
    await all.server.server.store.write(({ nodes }) =>
      nodes.update(all.answer.node.id, { state: 'revoked' }),
    )
    expect((await tryJoin(all.server, all.machine)).body).toMatchObject({ code: 'node-revoked' })
    expect(await leave(all.server, other.machine)).toEqual({ status: 204, body: undefined })
    expect((await tryJoin(all.server, other.machine)).body).toMatchObject({
      code: 'certificate-revoked',
    })
  })

  test('is refused when it was ended while it was being asked who it is', async () => {
    const all = await joined()
    const { store } = all.server.server
    const { id } = all.answer.node
    const caller = await identifyCaller(derOf(all.machine.certificate), ['node'], all.server.server)
    const call = {
      caller,
      body: all.machine.request,
      source: { address: '127.0.0.1', port: 1 },
    } as Call<'join'>
    const outcome = () => answerJoin(call, all.server.server).catch(({ code }) => code)
    await store.write(({ nodes }) => nodes.update(id, { state: 'revoked' }))
    expect(await outcome()).toBe('node-revoked')
    await store.write(({ nodes }) => nodes.update(id, { state: 'ready', certificate: null }))
    expect(await outcome()).toBe('certificate-revoked')
    const freeing = { state: 'left', at: 1, restUntil: 1 } as const
    await store.write(({ nodes }) => nodes.free(id, freeing))
    expect(await outcome()).toBe('certificate-revoked')
  })

  test('is told when its site or class is gone from the profile', async () => {
    const all = await joined({ classes: { worker: {} } })
    const token = await giveToken(all.server, { class: 'worker' })
    const worker = await join(all.server, await makeMachine(), { token })
    expect(worker.answer.node.class).toBe('worker')
    const path = joinPath(all.server.configDir, 'sites/aruba.yaml')
    writeFileSync(path, stringify(site))
    await all.server.server.reload()
    expect((await tryJoin(all.server, worker.machine)).body).toMatchObject({
      code: 'place-gone',
      detail: 'site "aruba" has no class "worker" any more',
    })
    expect(await tryJoin(all.server, all.machine)).toMatchObject({ status: 200 })
    writeFileSync(path, stringify({ ...site, nodes: '10.200.2.0/24' }))
    await all.server.server.reload()
    const moved = await join(all.server, all.machine)
    expect(moved.answer.node.addresses).toEqual(['10.200.2.1'])
    writeFileSync(path.replace('aruba', 'other'), stringify({ ...site, site: 'other' }))
    rmSync(path)
    await all.server.server.reload()
    expect((await tryJoin(all.server, all.machine)).body).toMatchObject({
      code: 'place-gone',
      detail: 'the centre has no site "aruba" any more',
    })
  })

  test('keeps its slot when the limit is lowered below it, and loses it when the range ends before it', async () => {
    const all = await joined()
    const token = await giveToken(all.server, { slot: 100 })
    const { machine } = await join(all.server, await makeMachine(), { token })
    const path = joinPath(all.server.configDir, 'sites/aruba.yaml')
    writeFileSync(path, stringify({ ...site, limits: { nodes: 5 } }))
    await all.server.server.reload()
    expect((await join(all.server, machine)).answer.node).toMatchObject({ slot: 100 })
    writeFileSync(path, stringify({ ...site, nodes: '10.200.1.0/28' }))
    await all.server.server.reload()
    expect((await tryJoin(all.server, machine)).body).toMatchObject({
      code: 'place-gone',
      detail: 'the range of site "aruba" ends before slot 100',
    })
  })

  test('of a node is not one of a job', async () => {
    const all = await joined()
    const job = changed(all.machine, { kind: 'job' })
    expect((await tryJoin(all.server, job)).body).toMatchObject({ code: 'certificate-refused' })
  })

  test('changes only so often, and fills neither the feed nor the audit', async () => {
    const all = await joined()
    const codes = []
    for (let n = 0; n < 40; n++) {
      const machine = withKeys(all.machine, { wireguard: wireguardKey() })
      codes.push((await tryJoin(all.server, machine)).body.code ?? 'changed')
    }
    expect(codes.filter((code) => code === 'changed').length).toBe(30)
    expect(codes.at(-1)).toBe('too-many-requests')
    const { wireguardKey: wireguard } = (await nodeOf(all, all.answer.node.id)) ?? {}
    const same = withKeys(all.machine, { wireguard: wireguard ?? '' })
    expect(await tryJoin(all.server, same)).toMatchObject({ status: 200 })
    const told = await all.server.server.store.read(({ audit }) =>
      audit.list({ action: 'rejoin', limit: 100 }),
    )
    expect(told.length).toBe(30)
  })
})

const bytes = () => randomBytes(8).toString('hex')

describe('a copy of a machine', () => {
  const identity = { machineId: bytes(), dmiUuid: bytes(), instanceId: bytes(), bootId: bytes() }

  async function original(clones: string) {
    const started = await start({ sites: { aruba: { ...site, clones } } })
    const token = await giveToken(started.server)
    const { machine, answer } = await join(started.server, await makeMachine({ identity }), {
      token,
    })
    return { ...started, token, machine, answer }
  }

  test.each([
    ['machineId', 'machine-id'],
    ['dmiUuid', 'DMI UUID'],
    ['instanceId', 'instance id'],
  ])('is known by another %s, and refused by naming it', async (field, name) => {
    const { server, machine, answer } = await original('refuse')
    const copy = changed(machine, { identity: { ...identity, [field]: bytes() } })
    expect((await tryJoin(server, copy)).body).toMatchObject({
      code: 'clone-refused',
      detail: `the ${name} is not that of "aruba-1", whose identity this is`,
    })
    const silent = changed(machine, { identity: { ...identity, [field]: null } })
    expect((await join(server, silent)).answer.node).toEqual(answer.node)
    expect((await tryJoin(server, copy)).body).toMatchObject({ code: 'clone-refused' })
  })

  test('is known by an earlier boot that comes back: two are alive', async () => {
    const { server, machine } = await original('refuse')
    const boot = (bootId: string) => changed(machine, { identity: { ...identity, bootId } })
    await join(server, boot('second'))
    await join(server, boot('second'))
    await join(server, boot('third'))
    expect((await tryJoin(server, boot('second'))).body).toMatchObject({
      code: 'clone-refused',
      detail: expect.stringContaining('two machines use it at once'),
    })
    await join(server, boot('third'))
  })

  test('has to make keys of its own first, and is then another node', async () => {
    const { server, machine, answer, token } = await original('new')
    const other = { ...identity, machineId: bytes() }
    const copy = changed(machine, { identity: other })
    expect((await tryJoin(server, copy)).body).toMatchObject({ code: 'keys-copied' })
    const key = await createKey()
    const csr = createCsr(key).toString('base64')
    expect((await tryJoin(server, withKeys(copy, { csr }))).body).toMatchObject({
      code: 'keys-copied',
    })
    expect(
      (await tryJoin(server, withKeys(copy, { wireguard: wireguardKey() }))).body,
    ).toMatchObject({ code: 'keys-copied' })
    const own = withKeys(copy, { csr, wireguard: wireguardKey() })
    const first = await join(server, own)
    expect(first.answer.node).toMatchObject({ slot: 2, class: null })
    expect((await join(server, own)).answer.node).toEqual(first.answer.node)
    const settled = { ...own, key, certificate: first.answer.certificate }
    expect((await join(server, settled)).answer.node).toEqual(first.answer.node)
    expect((await join(server, machine)).answer.node).toEqual(answer.node)
    const { nodes, record } = await server.server.store.read(async (reads) => ({
      nodes: await reads.nodes.list(),
      record: await reads.tokens.byId(token.slice(3, 14)),
    }))
    expect(nodes.map((node) => [node.slot, node.token])).toEqual([
      [1, token.slice(3, 14)],
      [2, token.slice(3, 14)],
    ])
    expect(record?.used).toBe(1)
  })

  test('is of the class of the original, and may take the keys of nobody', async () => {
    const { server } = await start({
      sites: { aruba: { ...site, clones: 'new', classes: { worker: {} } } },
    })
    const token = await giveToken(server, { class: 'worker' })
    const { machine } = await join(server, await makeMachine({ identity }), { token })
    const third = await join(server, await makeMachine(), { token })
    const copy = async (keys: Partial<Request['keys']>) => {
      const csr = createCsr(await createKey()).toString('base64')
      const other = changed(machine, { identity: { ...identity, machineId: bytes() } })
      const own = withKeys(other, { csr, wireguard: wireguardKey(), ...keys })
      return (await tryJoin(server, own)).body
    }
    const { csr, wireguard } = third.machine.request.keys
    expect((await copy({ csr })).code).toBe('key-in-use')
    expect((await copy({ wireguard })).code).toBe('key-in-use')
    expect((await copy({})).node).toMatchObject({ class: 'worker', slot: 3 })
  })

  test('waits for an administrator where the site says so', async () => {
    const { server, machine } = await original('pending')
    const other = { ...identity, machineId: bytes() }
    const key = await createKey()
    const own = withKeys(changed(machine, { identity: other }), {
      csr: createCsr(key).toString('base64'),
      wireguard: wireguardKey(),
    })
    expect((await tryJoin(server, own)).body).toMatchObject({ code: 'node-pending' })
    expect((await tryJoin(server, own)).body).toMatchObject({ code: 'node-pending' })
    const { store } = server.server
    const waiting = await store.read(({ nodes }) => nodes.list({ state: 'pending' }))
    expect(waiting).toMatchObject([{ slot: null, name: null }])
    await store.write(({ nodes }) =>
      nodes.giveSlot({
        id: waiting[0]?.id ?? '',
        slot: 2,
        name: 'aruba-2',
        addresses: ['10.200.1.2'],
        state: 'joining',
      }),
    )
    expect((await join(server, own)).answer.node).toMatchObject({ name: 'aruba-2' })
  })
})
