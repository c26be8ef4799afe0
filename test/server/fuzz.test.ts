import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Endpoint } from '../../src/protocol/endpoint.ts'
import { type EndpointName, endpoints } from '../../src/protocol/endpoints.ts'
import { type Handlers, Reply } from '../../src/server/call.ts'
import { anyText, arbitraryOf, spoilt } from '../protocol/arbitrary.ts'
import { ask, dial, dialTls, rest } from './client.ts'
import { makePerson, type Rank, type Shown } from './people.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const names = Object.keys(endpoints) as EndpointName[]
const handlers = Object.fromEntries(
  names.map((name) => [name, async () => new Reply({ body: 'in' })]),
) as Handlers

/** Somebody who is let in at each endpoint, so that what is sent is read. */
function rankFor({ callers }: Endpoint): Rank | undefined {
  const found = callers.findLast((caller) => caller !== 'anyone' && caller !== 'token')
  return found as Rank | undefined
}

async function peopleOf(server: TestServer): Promise<Map<Rank | undefined, Shown>> {
  const ranks = new Set(names.map((name) => rankFor(endpoints[name])))
  const people = new Map<Rank | undefined, Shown>()
  for (const rank of ranks) if (rank) people.set(rank, await makePerson(server, rank))
  return people
}

async function isWell(server: TestServer): Promise<void> {
  // Where the limits are short, a handshake may be too slow for them.
  const found = () => ask(server, { path: '/nothing' }).catch(() => undefined)
  await expect.poll(found).toMatchObject({ json: { code: 'not-found' } })
  expect(server.said.text).not.toMatch(/server-failed|a bug/)
}

test('whatever is sent to an endpoint is let in or refused, and never a bug', async () => {
  const server = await startTestServer({ handlers })
  const people = await peopleOf(server)
  for (const name of names) {
    const endpoint: Endpoint = endpoints[name]
    const body =
      typeof endpoint.request === 'object' ? arbitraryOf(endpoint.request) : fc.jsonValue()
    const any = fc.oneof(
      body,
      fc.tuple(body, fc.jsonValue(), fc.nat()).map(([sound, junk, at]) => spoilt(sound, junk, at)),
    )
    const property = fc.asyncProperty(any, anyText, anyText, async (message, word, query) => {
      const path = endpoint.path.replace(
        /\{\w+\}/g,
        () => encodeURIComponent(word.toWellFormed()) || 'x',
      )
      const { status, json } = await ask(server, {
        on: endpoint.listener,
        method: endpoint.method,
        path: `${path}?since=${encodeURIComponent(query.toWellFormed())}`,
        ...(endpoint.method !== 'GET' && { body: message }),
        shown: people.get(rankFor(endpoint)),
      })
      if (status !== 200)
        expect([name, json?.code]).toEqual([name, expect.stringMatching(/^(message-|not-found)/)])
    })
    await fc.assert(property, { numRuns: 8 })
  }
  await isWell(server)
})

/** Pieces of which HTTP is made, and others. */
const piece = fc.oneof(
  fc.constantFrom(
    'GET',
    'POST',
    ' /v1/join',
    ' HTTP/1.1\r\n',
    '\r\n',
    '\r\n\r\n',
    'Host: a\r\n',
    '\0',
    '{',
  ),
  fc.constantFrom(
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    '5\r\nabcde\r\n',
    '0\r\n\r\n',
  ),
  fc.constantFrom(
    'Content-Type: application/json\r\n',
    'Expect: 100-continue\r\n',
    'Upgrade: x\r\n',
  ),
  fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const bytes = fc
  .array(piece, { maxLength: 12 })
  .map((pieces) => Buffer.from(pieces.join(''), 'latin1'))

test('whatever bytes come, with TLS or without, the server goes on and holds nothing of them', async () => {
  const limits = { 'header-timeout': '200ms', 'request-timeout': '200ms', 'idle-timeout': '100ms' }
  const server = await startTestServer({
    handlers,
    server: { limits, 'trusted-balancers': ['127.0.0.9/32'] },
  })
  const send = (data: Buffer): Promise<unknown>[] => {
    const [tls, plain, balancer] = [
      dialTls(server),
      dial(server),
      dial(server, 'join', '127.0.0.9'),
    ]
    balancer.write('PROXY ')
    return [tls, plain, balancer].map((socket) => {
      socket.end(data)
      return rest(socket)
    })
  }
  const property = fc.asyncProperty(
    fc.array(bytes, { minLength: 10, maxLength: 10 }),
    async (batch) => {
      await Promise.all(batch.flatMap(send))
    },
  )
  await fc.assert(property, { numRuns: 3 })
  const before = process.memoryUsage().heapUsed
  await fc.assert(property, { numRuns: 10 })
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 * 2 ** 20)
  await isWell(server)
})

test('requests that wait for leave to send their body get it', async () => {
  const server = await startTestServer({ handlers })
  const socket = dialTls(server, await makePerson(server, 'hub'))
  socket.write(
    'POST /v1/hub/report HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n',
  )
  socket.once('data', () => socket.write('{"time":1}'))
  const text = await rest(socket)
  expect(text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
})
