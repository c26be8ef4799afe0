import { beforeEach, describe, expect, test } from 'vitest'
import type { Endpoint } from '../../../src/protocol/endpoint.ts'
import { type EndpointName, endpoints } from '../../../src/protocol/endpoints.ts'
import { hostileTexts, powerful } from '../../fakes/hostile.ts'
import { makeEntry } from '../../store/records.ts'
import { type Asker, hubOf, nodeOf, rootOf } from '../ask.ts'
import { sites, startTestServer, type TestServer } from '../test-server.ts'

let server: TestServer
let root: Asker
beforeEach(async () => {
  server = await startTestServer({ sites })
  root = rootOf(server)
})

/** What an answer shows to who reads it, all of it: a newline that JSON escapes is one again. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => [key, ...textsIn(part)])
}

const states = () =>
  server.server.store.read(async (reads) => ({
    tokens: await reads.tokens.list(),
    nodes: await reads.nodes.list({ freed: true }),
    admins: await reads.admins.list(),
    releases: await reads.releases.list(),
  }))

const inPath = (Object.entries(endpoints) as [EndpointName, Endpoint][]).filter(
  ([name, { path }]) => path.includes('{') && name !== 'nodeApprove',
)

describe.each(inPath)('%s', (name, { path, listener, request }) => {
  const parts = [...path.matchAll(/\{(\w+)\}/g)].map(([, part]) => part ?? '')
  const good: Record<string, string> = { version: '1.2.3', platform: 'linux-x64' }

  test('takes no hostile name in its path', async () => {
    const asker = listener === 'admin' ? root : await nodeOf(server, 1)
    const before = await states()
    for (const [what, text] of Object.entries(hostileTexts)) {
      for (const part of parts) {
        if (!text.isWellFormed() || encodeURIComponent(text).length > 100) continue
        const body = request === 'bytes' ? { bytes: Buffer.from('x') } : request && { body: {} }
        const params = { ...good, [part]: text }
        const asked = await asker(name, { params, ...(body as object) })
        expect([what, asked.status >= 400 && asked.status < 500]).toEqual([what, true])
        for (const said of textsIn(asked.problem)) expect(said).not.toMatch(powerful)
        expect(asked.problem.code).toMatch(/^(message-malformed|not-found)$/)
      }
    }
    expect(await states()).toEqual(before)
  })
})

type Body = Record<string, unknown>
const fields: [EndpointName, Body, string[]][] = [
  [
    'tokenCreate',
    { role: 'node', site: 'aruba', uses: 1, ttl: 1000 },
    ['role', 'site', 'class', 'name', 'uses', 'ttl', 'sources', 'slot', 'more'],
  ],
  ['tokenCreate', { role: 'hub', name: 'hub1', uses: 1, ttl: 1000 }, ['name']],
  [
    'adminCreate',
    { name: 'anna', rank: 'viewer', csr: 'AAAA' },
    ['name', 'rank', 'site', 'csr', 'more'],
  ],
  ['releaseAdd', {}, ['statement']],
  ['releaseAdd', { statement: { text: '{}', signature: `${'A'.repeat(86)}==` } }, ['more']],
]

test.each(fields)('%s takes no hostile text', async (name, body, names) => {
  const before = await states()
  const params = { token: 'AAAAAAAAAAA', node: 'aruba-1' }
  for (const [what, text] of Object.entries(hostileTexts)) {
    for (const field of names) {
      for (const value of [text, [text], { [text]: text }]) {
        const asked = await root(name, { params, body: { ...body, [field]: value } as never })
        expect([what, field, asked.status >= 400 && asked.status < 500]).toEqual([
          what,
          field,
          true,
        ])
        for (const said of textsIn(asked.problem)) expect(said).not.toMatch(powerful)
      }
    }
  }
  expect(await states()).toEqual(before)
})

test('a query takes no hostile text', async () => {
  for (const text of Object.values(hostileTexts)) {
    if (text.length > 4000 || !text.isWellFormed()) continue
    for (const part of ['after', 'limit', 'wait', 'address', 'at', 'port', 'node'])
      expect((await root('audit', { query: { [part]: text } })).problem.code).toBe(
        'message-malformed',
      )
    expect((await root('nodeList', { query: { state: text } })).status).toBe(400)
    const ofSite = await root('nodeList', { query: { site: text } })
    if (ofSite.status === 200) expect(ofSite.answer).toEqual({ nodes: [] })
    else expect(ofSite.problem.code).toBe('message-malformed')
  }
})

test('whatever stands in the audit leaves it without power, and a client can read it', async () => {
  await server.server.store.write(async ({ audit }) => {
    for (const text of Object.values(hostileTexts)) {
      const nested = { site: text, list: [text, { [text]: text }] }
      const said = { actor: text, action: text, subject: text, source: text, outcome: text }
      await audit.append(makeEntry({ ...said, addresses: [text], detail: nested }))
    }
  })
  const { answer, bytes } = await root('audit')
  expect(answer.lines).toHaveLength(Object.keys(hostileTexts).length)
  for (const text of textsIn(JSON.parse(bytes.toString()))) expect(text).not.toMatch(powerful)
  expect(await root('auditCheck')).toMatchObject({ answer: { outcome: 'whole' } })
})

test('what a hub and a node say is shown without power', async () => {
  await nodeOf(server, 1)
  await hubOf(server, 'hub1')
  const problems = Object.values(hostileTexts).map((text) => ({
    ...{ code: 'step-failed', step: text.slice(0, 255), message: text.slice(0, 2048) },
  }))
  await server.server.store.write(async ({ nodes }) => {
    const report = { state: 'failed', version: '1.2.3', problems: problems.slice(0, 10) }
    await nodes.update('aruba-1', { state: 'failed', report })
  })
  const { answer } = await root('nodeShow', { params: { node: 'aruba-1' } })
  for (const text of textsIn(answer)) expect(text.replace(/[\n\t]/g, '')).not.toMatch(powerful)
  const metrics = await root('metrics')
  expect(metrics.bytes.toString()).not.toContain('\u001b')
})
