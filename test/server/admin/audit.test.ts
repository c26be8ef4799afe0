import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as sleep } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import type { AuditEntry } from '../../../src/protocol/records.ts'
import { insertNodes, makeEntry } from '../../store/records.ts'
import { type Asker, personOf, rootOf } from '../ask.ts'
import { counted } from '../counted.ts'
import { sites, startTestServer, type TestServer } from '../test-server.ts'

let server: TestServer
let root: Asker
beforeEach(async () => {
  const hpc = { ...sites['aruba'], site: 'hpc', nodes: '10.200.2.0/24', jobs: '10.200.3.0/24' }
  server = await startTestServer({ sites: { ...sites, hpc } })
  root = rootOf(server)
})

const append = (...entries: Partial<AuditEntry>[]) =>
  server.server.store.write(async ({ audit }) => {
    for (const entry of entries) await audit.append(makeEntry(entry))
  })
const lines = async (query: Record<string, string>, asker = root) =>
  (await asker('audit', { query })).answer.lines.map(({ sequence }) => sequence)
const next = async (query: Record<string, string>) => (await root('audit', { query })).answer.next

describe('the audit', () => {
  test('is given as it was written, chained', async () => {
    await append(
      { time: 5, actor: 'anna', subject: null, source: null, detail: { site: 'aruba' } },
      { time: 6, addresses: ['10.200.1.1', '2001:db8::1'], outcome: 'token-expired' },
    )
    const { answer } = await root('audit')
    expect(answer).toMatchObject({
      next: 2,
      lines: [
        { sequence: 1, time: 5, actor: 'anna', subject: null, source: null, previous: '' },
        { sequence: 2, addresses: ['10.200.1.1', '2001:db8::1'], outcome: 'token-expired' },
      ],
    })
    expect(answer.lines[1]?.previous).toBe(answer.lines[0]?.hash)
  })

  test('gives its newest lines, or pages on from a place', async () => {
    expect(await next({})).toBe(0)
    await append(...Array.from({ length: 5 }, () => ({})))
    expect(await lines({ limit: '2' })).toEqual([4, 5])
    expect(await next({ limit: '2' })).toBe(5)
    expect(await lines({ after: '0', limit: '2' })).toEqual([1, 2])
    expect(await next({ after: '0', limit: '2' })).toBe(2)
    expect(await lines({ after: '2', limit: '0' })).toEqual([3])
    expect(await lines({ after: '3' })).toEqual([4, 5])
    expect([await lines({ after: '5' }), await next({ after: '5' })]).toEqual([[], 5])
    expect([await lines({ after: '9' }), await next({ after: '9' })]).toEqual([[], 5])
    await append(...Array.from({ length: 10_000 }, () => ({})))
    expect(await lines({})).toHaveLength(1000)
    expect(await lines({ limit: '9999999999999999' })).toHaveLength(10_000)
  })

  test('is searched by address, in any spelling', async () => {
    await append({ addresses: ['2001:db8::1'] }, { addresses: ['192.0.2.1'] }, {})
    expect(await lines({ address: '2001:DB8:0:0::1' })).toEqual([1])
    expect(await lines({ address: '192.0.2.1', after: '0' })).toEqual([2])
    expect(await next({ address: '192.0.2.1', after: '0' })).toBe(3)
    expect(await lines({ address: '192.0.2.2' })).toEqual([])
  })

  test('is searched by node: whoever had the name, and whatever had its address', async () => {
    await insertNodes(server.server.store, { id: 'old' })
    await server.server.store.write((tx) =>
      tx.nodes.free('old', { state: 'left', at: 1, restUntil: 1 }),
    )
    await insertNodes(server.server.store, { id: 'new' })
    await append(
      ...[{ subject: 'old' }, { subject: 'new' }, { subject: 'aruba-1' }, { subject: 'other' }],
      { subject: 'forgotten', addresses: ['10.200.1.1'] },
      { subject: 'job', addresses: ['10.200.3.1'] },
    )
    expect(await lines({ node: 'aruba-1' })).toEqual([1, 2, 3, 5])
    expect(await lines({ node: 'hpc-job-1' })).toEqual([6])
    expect(await lines({ node: 'hpc-1' })).toEqual([])
    expect(await lines({ node: 'nowhere-1' })).toEqual([])
    expect(await lines({ node: 'aruba-999' })).toEqual([])
  })

  test('is for an administrator of one site what concerns that site', async () => {
    await append(
      { detail: { site: 'aruba' } },
      { detail: { site: 'hpc' }, addresses: ['10.200.1.1'] },
      ...[{}, { detail: { site: ['aruba'] } }],
    )
    const vera = await personOf(server, { name: 'vera', rank: 'viewer', site: 'aruba' })
    expect(await lines({}, vera)).toEqual([1])
    expect(await lines({ after: '0' }, vera)).toEqual([1])
    expect(await lines({ address: '10.200.1.1' }, vera)).toEqual([])
    expect(await lines({ address: '10.200.1.1', at: '1000' }, vera)).toEqual([])
    expect(await lines({ node: 'aruba-1' }, vera)).toEqual([])
  })

  const unfit: [Record<string, string>, string][] = [
    [{ at: '1' }, '/at'],
    [{ port: '1' }, '/port'],
    [{ address: '10.0.0.1', port: '1' }, '/port'],
    [{ address: '10.0.0.1', at: '1', wait: '1' }, '/wait'],
    [{ address: '10.0.0.1', at: '1', node: 'aruba-1' }, '/node'],
    [{ address: '10.0.0.1', at: '1', after: '1' }, '/after'],
    [{ address: '10.0.0.1', at: '1', limit: '1' }, '/limit'],
  ]
  test.each(unfit)('refuses %j, which does not go together', async (query, path) => {
    const { problem } = await root('audit', { query })
    expect(problem).toMatchObject({ code: 'request-unfit', path })
  })
})

describe('following the audit', () => {
  test('waits for a line that matches, and passes over the others', async () => {
    await append({ detail: { site: 'aruba' } })
    const query = { after: '1', wait: '20', address: '192.0.2.1' }
    const waiting = root('audit', { query })
    await append({}, {})
    await sleep(700)
    await append({ addresses: ['192.0.2.1'] })
    const { answer } = await waiting
    expect([answer.lines.map(({ sequence }) => sequence), answer.next]).toEqual([[4], 4])
  })

  test('without a place begins with what is there, or with what comes', async () => {
    const waiting = root('audit', { query: { wait: '20' } })
    await sleep(50)
    await append({})
    expect((await waiting).answer.lines).toHaveLength(1)
    expect((await root('audit', { query: { wait: '20' } })).answer.lines).toHaveLength(1)
  })

  test('gives nothing when nothing comes, and says where to go on', async () => {
    await append({}, {})
    const { answer } = await root('audit', { query: { after: '2', wait: '1' } })
    expect(answer).toEqual({ lines: [], next: 2 })
  })

  test('from a place that a restored store does not have goes on from its end', async () => {
    await append({})
    let isOver = false
    const waiting = root('audit', { query: { after: '900', wait: '60' } }).finally(() => {
      isOver = true
    })
    // What was there when it came, however late that was, it passes over.
    for (let sleeping = sleep(300); !isOver; sleeping = sleep(300)) {
      await Promise.race([sleeping, waiting])
      await append({})
    }
    const { answer } = await waiting
    const sequences = answer.lines.map(({ sequence }) => sequence)
    expect(sequences[0]).toBeGreaterThan(1)
    expect(sequences.at(-1)).toBe(answer.next)
    expect(sequences).toHaveLength(answer.next - (sequences[0] ?? 0) + 1)
  })

  test('ends with the server', async () => {
    const { handlers, calls } = counted('audit')
    const ending = await startTestServer({ handlers })
    const waiting = rootOf(ending)('audit', { query: { wait: '60' } })
    await expect.poll(calls).toBe(1)
    await ending.close()
    expect((await waiting).answer.lines).toEqual([])
  })
})

describe('who was it then', () => {
  const inner = '10.200.1.1'
  const who = async (address: string, at: number, port?: number) => {
    const query = { address, at: String(at), ...(port !== undefined && { port: String(port) }) }
    const { answer } = await root('audit', { query })
    return answer.lines.map(({ subject, action }) => `${subject} ${action}`)
  }

  test('of an inner address: the node that was given it last, and what became of it', async () => {
    await append(
      { time: 100, subject: 'n1', action: 'join', addresses: [inner] },
      { time: 200, subject: 'n1', action: 'tunnel-up', addresses: [inner, '192.0.2.1'] },
      { time: 300, subject: 'n1', action: 'leave', addresses: [inner] },
      { time: 400, subject: 'n2', action: 'join', addresses: [inner] },
      { time: 410, subject: 'n1', action: 'tunnel-down', addresses: [inner] },
      { time: 420, subject: 'n2', action: 'node-revoke', addresses: [inner] },
    )
    expect(await who(inner, 99)).toEqual([])
    expect(await who(inner, 100)).toEqual(['n1 join'])
    expect(await who(inner, 299)).toEqual(['n1 join', 'n1 tunnel-up'])
    expect(await who(inner, 399)).toEqual(['n1 join', 'n1 leave'])
    expect(await who(inner, 415)).toEqual(['n2 join'])
    expect(await who(inner, 9999)).toEqual(['n2 join', 'n2 node-revoke'])
    expect(await who('10.200.1.2', 9999)).toEqual([])
  })

  test('is not answered by who only called from the address', async () => {
    await append(
      { time: 100, subject: 'n1', action: 'join', addresses: [inner] },
      { time: 200, subject: 'n9', source: inner, addresses: [inner] },
      { time: 201, subject: null, addresses: [inner] },
    )
    expect(await who(inner, 300)).toEqual(['n1 join'])
  })

  test('of an outer address: every tunnel from there that stood, or the one of a port', async () => {
    const nat = '198.51.100.7'
    const tunnel = (time: number, subject: string, outer: { address: string; port: number }) => ({
      ...{ time, subject, action: 'tunnel-up', source: '192.0.2.1' },
      ...{ addresses: [inner, outer.address], detail: { outer } },
    })
    await append(
      { time: 1, subject: 'n0', action: 'join', source: nat, addresses: [inner, nat] },
      tunnel(10, 'n1', { address: nat, port: 1001 }),
      tunnel(20, 'n2', { address: nat, port: 1002 }),
      tunnel(30, 'n3', { address: nat, port: 1003 }),
      { ...tunnel(40, 'n1', { address: nat, port: 1001 }), action: 'tunnel-down' },
      tunnel(50, 'n2', { address: '198.51.100.8', port: 1002 }),
      { time: 60, subject: 'n3', action: 'tunnel-down', addresses: [inner], detail: {} },
    )
    expect(await who(nat, 35)).toEqual(['n1 tunnel-up', 'n2 tunnel-up', 'n3 tunnel-up'])
    expect(await who(nat, 35, 1002)).toEqual(['n2 tunnel-up'])
    expect(await who(nat, 35, 9)).toEqual([])
    expect(await who(nat, 45)).toEqual(['n2 tunnel-up', 'n3 tunnel-up'])
    expect(await who(nat, 55)).toEqual(['n3 tunnel-up'])
    expect(await who(nat, 65)).toEqual([])
    expect(await who('198.51.100.8', 65)).toEqual(['n2 tunnel-up'])
    expect(await who(nat, 9)).toEqual([])
  })
})

describe('the check of the chain', () => {
  const check = async () => (await root('auditCheck')).answer
  const forge = (text: string) => {
    const database = new DatabaseSync(join(server.stateDir, 'server', 'store.db'))
    database.exec(text)
    database.close()
  }

  test('finds it whole, however long', async () => {
    expect(await check()).toEqual({ outcome: 'whole', sequence: 0, hash: '' })
    await append(...Array.from({ length: 2100 }, () => ({})))
    const { hash } = (await root('audit', { query: { limit: '1' } })).answer.lines[0] ?? {}
    expect(await check()).toEqual({ outcome: 'whole', sequence: 2100, hash })
  })

  const forgeries = [
    "update audit set body = replace(body, 'n1', 'n9') where sequence = 1500",
    "update audit set site = 'hpc' where sequence = 1500",
    'delete from audit where sequence = 1500',
  ]
  test.each(forgeries)('finds the line before a forged one: %s', async (forgery) => {
    await append(...Array.from({ length: 1600 }, () => ({ detail: { site: 'aruba' } })))
    forge(forgery)
    expect(await check()).toMatchObject({ outcome: 'broken', sequence: 1499 })
  })

  test('is for administrators of the whole centre', async () => {
    const anna = await personOf(server, { name: 'anna', rank: 'admin', site: 'aruba' })
    expect((await anna('auditCheck')).problem.code).toBe('not-allowed')
  })
})
