import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Handlers } from '../../src/server/call.ts'
import { Reply } from '../../src/server/call.ts'
import { ask, dial, portOf, rest } from './client.ts'
import { startTestServer, type TestServer } from './test-server.ts'

/** Answers with the source that it sees. */
const handlers: Handlers = {
  join: async () => new Reply({}),
  healthz: async ({ source }) => ({ ok: true, time: source?.port ?? 0 }),
  openapi: async ({ source }) => new Reply({ body: source?.address ?? 'own socket' }),
  releaseList: async ({ source }) => new Reply({ body: source?.address ?? 'own socket' }),
}

/** Refusals of the machines' listener, by where they came from. */
async function sources({ server }: TestServer): Promise<(string | null)[]> {
  const lines = await server.store.read(({ audit }) =>
    audit.list({ limit: 100, action: 'refusal' }),
  )
  return lines.map(({ source }) => source)
}

const get = 'GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'
const header = 'PROXY TCP4 198.51.100.7 192.0.2.1 50000 8443\r\n'
const balanced = { 'trusted-balancers': ['127.0.0.1/32'] }

/** Speaks TLS through that socket, and asks for what is not there. */
async function getThrough(server: TestServer, socket: Socket): Promise<string> {
  const ca = server.keys.authorities.server.certificate
  const tls = connectTls({ socket, ca, host: '127.0.0.1' })
  tls.on('error', () => {})
  tls.write(get)
  return rest(tls)
}

/** A connection whose first bytes come in one segment with the first ones of TLS. */
async function inOneSegment(server: TestServer, first: string): Promise<Socket> {
  const relay = createServer((near) => {
    const far = dial(server)
    near.on('error', () => {})
    near.once('data', (hello) => {
      far.write(Buffer.concat([Buffer.from(first), hello]))
      near.pipe(far).pipe(near)
    })
  })
  relay.listen(0, '127.0.0.1')
  onTestFinished(() => void relay.close())
  await once(relay, 'listening')
  const { port } = relay.address() as { port: number }
  const { connect } = await import('node:net')
  const socket = connect({ host: '127.0.0.1', port })
  onTestFinished(() => void socket.destroy())
  return socket
}

describe('the source of a request', () => {
  test('is the peer, whatever header fields say', async () => {
    const server = await startTestServer({ handlers })
    const headers = {
      'x-forwarded-for': '203.0.113.9',
      forwarded: 'for=203.0.113.9',
      'x-real-ip': '203.0.113.9',
    }
    expect((await ask(server, { on: 'admin', path: '/openapi.json', headers })).text).toBe(
      '127.0.0.1',
    )
    expect((await ask(server, { on: 'socket', path: '/openapi.json', headers })).text).toBe(
      'own socket',
    )
  })

  test('is what a listed balancer says, also in one segment with the handshake', async () => {
    const server = await startTestServer({ handlers, server: balanced })
    expect(await getThrough(server, await inOneSegment(server, header))).toContain('404')
    await expect.poll(() => sources(server)).toEqual(['198.51.100.7'])
  })

  test('is what a balancer says byte by byte', async () => {
    const server = await startTestServer({ handlers, server: balanced })
    const socket = dial(server)
    socket.setNoDelay(true)
    for (const byte of header) {
      socket.write(byte)
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
    expect(await getThrough(server, socket)).toContain('404')
    await expect.poll(() => sources(server)).toEqual(['198.51.100.7'])
  })

  test.each(['PROXY UNKNOWN\r\n', '\r\n\r\n\0\r\nQUIT\n\x20\0\0\0'])(
    'is the balancer itself after %j',
    async (first) => {
      const server = await startTestServer({ handlers, server: balanced })
      const socket = dial(server)
      socket.write(Buffer.from(first, 'latin1'))
      expect(await getThrough(server, socket)).toContain('404')
      await expect.poll(() => sources(server)).toEqual(['127.0.0.1'])
    },
  )

  test('is never what somebody else says so', async () => {
    const server = await startTestServer({
      handlers,
      server: { 'trusted-balancers': ['127.0.0.2/32'] },
    })
    const socket = dial(server)
    socket.write(header)
    expect(await getThrough(server, socket)).toBe('')
    expect((await ask(server, { path: '/nothing' })).status).toBe(404)
  })

  test('is not there for a balancer that says nothing of it', async () => {
    const server = await startTestServer({ handlers, server: balanced })
    expect(await getThrough(server, dial(server))).toBe('')
  })

  test('of administrators has no balancer before it', async () => {
    const server = await startTestServer({ handlers, server: balanced })
    expect((await ask(server, { on: 'admin', path: '/openapi.json' })).text).toBe('127.0.0.1')
  })

  test('may not take for ever to be said', async () => {
    const limits = { 'header-timeout': '300ms' }
    const server = await startTestServer({ handlers, server: { ...balanced, limits } })
    const [silent, slow, endless] = [dial(server), dial(server), dial(server)]
    slow.write('PROXY TCP4')
    endless.write(`PROXY ${'x'.repeat(10_000)}`)
    expect(await Promise.all([silent, slow, endless].map(rest))).toEqual(['', '', ''])
    expect(portOf(server, 'join')).toBeGreaterThan(0)
  })
})
