import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { startPostgres } from '../../store/postgres-server.ts'
import { startTestServer, type TestServer } from '../test-server.ts'
import { postgresStore } from './databases.ts'
import { addNode, enrolHost } from './hub-client.ts'
import { waitPatiently } from './patient.ts'
import { reportSuite } from './report-suite.ts'
import { restoreSuite } from './restore-suite.ts'
import { hubSuite } from './suite.ts'

const postgres = await startPostgres()
afterAll(() => postgres.stop())

hubSuite('postgres', () => postgresStore(postgres))
reportSuite('postgres', () => postgresStore(postgres))
restoreSuite('postgres', () => postgresStore(postgres))

describe('postgres: two servers', () => {
  const startTwo = async (): Promise<[TestServer, TestServer]> => {
    const { database } = await postgresStore(postgres)
    const one = await startTestServer({ server: { database } })
    return [one, await startTestServer({ like: one })]
  }

  test('a feed that is held open at one wakes when a node joins at the other', async () => {
    const [one, other] = await startTwo()
    const hub = await enrolHost(one, { name: 'hub1' })
    const { position: since, configHash: config } = await hub.feed()
    const held = hub.at(other).feed({ since, config, wait: '30' })
    await sleep(300)
    const node = await addNode(one, { slot: 1 })
    expect(await held).toMatchObject({ kind: 'delta', nodes: [{ id: node.id }] })
  })

  test('who waits at one sees what a hub acknowledges at the other', async () => {
    const [one, other] = await startTwo()
    const hub = await enrolHost(one, { name: 'hub1' })
    await hub.report({ applied: (await hub.feed()).position })
    await addNode(one, { slot: 1 })
    const position = await one.server.store.read(({ feed }) => feed.position())
    const waited = waitPatiently(one.server, position)
    await sleep(100)
    await hub.at(other).report({ applied: (await hub.at(other).feed()).position })
    expect(await waited).toBe(true)
  })

  test('a hub that follows both in turn misses no node and sees none twice', async () => {
    const [one, other] = await startTwo()
    const hub = await enrolHost(one, { name: 'hub1' })
    const both = [hub, hub.at(other)]
    const slots = Array.from({ length: 60 }, (_, index) => index + 1)
    let { position: since, configHash: config } = await hub.feed()
    const joining = Promise.all(
      slots.map((slot) => addNode([one, other][slot % 2] ?? one, { slot })),
    )
    const seen: (number | null)[] = []
    const generations: number[] = []
    for (let turn = 0; seen.length < slots.length; turn++) {
      const told = await both[turn % 2]?.feed({ since, config, wait: '10' })
      if (told === undefined || told.position === since) break
      seen.push(...told.nodes.map(({ slot }) => slot))
      generations.push(...told.nodes.map(({ generation }) => generation))
      since = told.position
    }
    await joining
    expect(seen.toSorted((a, b) => Number(a) - Number(b))).toEqual(slots)
    expect(generations).toEqual(generations.toSorted((a, b) => a - b))
  })
})
