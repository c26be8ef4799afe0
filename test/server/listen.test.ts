import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Handlers, Reply } from '../../src/server/call.ts'
import { testFolder } from '../fakes/folder.ts'
import { ask, dial, dialTls, portOf, problemIn, rest } from './client.ts'
import { makePerson } from './people.ts'
import { startTestServer } from './test-server.ts'

const run = promisify(execFile)
/** No shorter than a handshake may take on a machine that is slow or has other work. */
const soon = { 'header-timeout': '2s' }
const soonIdle = { 'idle-timeout': '300ms' }

/** Every kind of join is refused alike here: what is asked is whether it was read at all. */
const echo: Handlers = {
  join: async () => {
    throw new Error('not reached in these tests')
  },
}

async function stillAnswers(server: Awaited<ReturnType<typeof startTestServer>>): Promise<void> {
  expect((await ask(server, { path: '/nothing' })).json).toMatchObject({ code: 'not-found' })
}

describe('a connection of TLS', () => {
  test.each(['-tls1_2', '-tls1_1'])('is refused with %s', async (version) => {
    const server = await startTestServer()
    const args = ['s_client', '-connect', `127.0.0.1:${portOf(server, 'join')}`, version]
    await expect(run('openssl', args)).rejects.toThrow(/alert|error/i)
  })

  test('is never resumed', async () => {
    const server = await startTestServer()
    const session = join(testFolder(), 'session')
    const at = ['-connect', `127.0.0.1:${portOf(server, 'join')}`, '-tls1_3']
    const get = '"GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n"'
    const shell = (more: string) =>
      run('sh', [
        '-c',
        `(printf ${get}; sleep 0.3) | openssl s_client -ign_eof ${at.join(' ')} ${more} 2>&1`,
      ])
    const first = await shell(`-sess_out ${session}`)
    expect(first.stdout).toContain('New, TLSv1.3')
    writeFileSync(`${session}.used`, readFileSync(session))
    const second = await shell(`-sess_in ${session}`)
    expect(second.stdout).toContain('New, TLSv1.3')
    expect(second.stdout).not.toContain('Reused')
  })

  test('ends when its handshake takes too long', async () => {
    const server = await startTestServer({ server: { limits: soon } })
    const socket = dial(server)
    await once(socket, 'connect')
    await stillAnswers(server)
    expect(await rest(socket)).toBe('')
  })

  test('ends when something else is spoken', async () => {
    const server = await startTestServer()
    const socket = dial(server)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect((await rest(socket)).includes('HTTP')).toBe(false)
    await stillAnswers(server)
  })
})

const malformed: [what: string, bytes: string, status: number, code: string][] = [
  ['HTTP/0.9', 'GET /\r\n\r\n', 404, 'not-found'],
  ['no HTTP at all', '\0\0\0\0\0\r\n\r\n', 400, 'message-malformed'],
  ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n', 400, 'message-malformed'],
  ['a NUL in the path', 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n', 400, 'message-malformed'],
  [
    'two lengths',
    'POST /v1/join HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab',
    400,
    'message-malformed',
  ],
  [
    'a length and chunks',
    'POST /v1/join HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    400,
    'message-malformed',
  ],
  [
    'chunks that are none',
    'POST /v1/join HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
    400,
    'message-malformed',
  ],
  [
    'an unknown encoding',
    'POST /v1/join HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n',
    400,
    'message-malformed',
  ],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n', 400, 'message-malformed'],
  [
    'a path that is no text',
    'GET /%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    400,
    'message-malformed',
  ],
  [
    'an upgrade',
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n',
    404,
    'not-found',
  ],
  [
    'headers larger than allowed',
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    413,
    'message-too-large',
  ],
  [
    'a path larger than the headers may be',
    `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
    413,
    'message-too-large',
  ],
]

describe('what is malformed', () => {
  test.each(malformed)('is answered by a problem: %s', async (_what, bytes, status, code) => {
    const server = await startTestServer({ handlers: echo, server: { limits: soonIdle } })
    const socket = dialTls(server)
    socket.write(bytes, 'latin1')
    expect(problemIn(await rest(socket))).toEqual([status, code])
    await stillAnswers(server)
  })

  test('a request for a tunnel ends the connection', async () => {
    const server = await startTestServer()
    const socket = dialTls(server)
    socket.write('CONNECT example.org:80 HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await rest(socket)).toBe('')
    await stillAnswers(server)
  })

  test('behind a request is not answered in its place', async () => {
    const [begun, garbled] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const server = await startTestServer({
      handlers: {
        feed: async ({ signal }) => {
          begun.resolve()
          await garbled.promise
          expect(signal.aborted).toBe(false)
          return new Reply({ body: 'late' })
        },
      },
    })
    const socket = dialTls(server, await makePerson(server, 'hub'))
    socket.write('GET /v1/hub/feed HTTP/1.1\r\nHost: a\r\n\r\n')
    await begun.promise
    for (let i = 0; i < 20; i++) {
      socket.write('\0\0\0\0\r\n\r\n')
      await sleep(5)
    }
    garbled.resolve()
    const text = await rest(socket)
    expect(text).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(text.endsWith('late')).toBe(true)
  })

  test('requests in one segment are answered in turn', async () => {
    const server = await startTestServer()
    const socket = dialTls(server)
    const one = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'
    socket.write(`${one.repeat(20)}GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
    expect((await rest(socket)).match(/HTTP\/1\.1 404/g)).toHaveLength(21)
  })
})

describe('a slow client', () => {
  const start = (limits: object) => startTestServer({ handlers: echo, server: { limits } })
  const soonBody = { 'request-timeout': '1s' }

  test('of headers is told so', async () => {
    const server = await start(soon)
    const socket = dialTls(server)
    socket.write('GET / HTTP/1.1\r\nHost:')
    await stillAnswers(server)
    expect(problemIn(await rest(socket))).toEqual([408, 'too-slow'])
  })

  test('that says nothing is ended', async () => {
    const server = await start(soon)
    const socket = dialTls(server)
    await once(socket, 'secureConnect')
    await stillAnswers(server)
    await rest(socket)
  })

  test('of an unused connection is ended', async () => {
    const server = await start(soonIdle)
    const socket = dialTls(server)
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(problemIn(await rest(socket))).toEqual([404, 'not-found'])
  })

  const large =
    'POST /v1/hub/report HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n'

  /** A report in pieces of these sizes, one every 50 ms. */
  async function report(sizes: readonly number[]): Promise<string> {
    const server = await startTestServer({
      handlers: { hubReport: async () => new Reply({ body: 'heard' }) },
      server: { limits: { ...soonBody, body: '1KiB' } },
    })
    const socket = dialTls(server, await makePerson(server, 'hub'))
    const answer = rest(socket)
    const total = sizes.reduce((sum, size) => sum + size, 0)
    const text = '{"time":1}'.padEnd(total)
    socket.write(`${large}Content-Length: ${text.length}\r\n\r\n`)
    let sent = 0
    for (const size of sizes) {
      if (socket.destroyed) break
      socket.write(text.slice(sent, sent + size))
      sent += size
      await sleep(50)
    }
    return answer
  }

  test('of a large body is heard as long as it comes on', async () => {
    expect(await report(Array(50).fill(4096))).toContain('heard')
  })

  test('of a large body is told so when it hardly comes on', async () => {
    expect(problemIn(await report([65_536, ...Array(200).fill(10)]))).toEqual([408, 'too-slow'])
  })

  test('of a body is told so, though it goes on to drip', async () => {
    const server = await start(soonBody)
    const socket = dialTls(server)
    socket.write(
      'POST /v1/join HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50000\r\n\r\n',
    )
    const drip = setInterval(() => socket.write(' '), 50)
    await stillAnswers(server)
    expect(problemIn(await rest(socket))).toEqual([408, 'too-slow'])
    clearInterval(drip)
  })
})

describe('a large body', () => {
  const post = 'POST /v1/join HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
  const limits = { body: '1KiB' }

  test('is refused unread when it is announced', async () => {
    const server = await startTestServer({ handlers: echo, server: { limits } })
    const socket = dialTls(server)
    socket.write(`${post}Content-Length: 1025\r\n\r\n`)
    expect(problemIn(await rest(socket))).toEqual([413, 'message-too-large'])
  })

  test('that comes after its refusal does not take the answer away', async () => {
    const server = await startTestServer({ handlers: echo, server: { limits } })
    const socket = dialTls(server)
    socket.write(`${post}Connection: close\r\nContent-Length: 4000\r\n\r\n`)
    await sleep(50)
    expect(socket.destroyed).toBe(false)
    socket.write('x'.repeat(4000))
    expect(problemIn(await rest(socket))).toEqual([413, 'message-too-large'])
  })

  test('is refused as soon as it is too large', async () => {
    const server = await startTestServer({ handlers: echo, server: { limits } })
    const socket = dialTls(server)
    socket.write(`${post}Transfer-Encoding: chunked\r\n\r\n`)
    const chunk = `800\r\n${'x'.repeat(0x800)}\r\n`
    const flood = setInterval(() => socket.write(chunk), 20)
    await stillAnswers(server)
    const text = await rest(socket)
    expect(problemIn(text)).toEqual([413, 'message-too-large'])
    // Said so, Node would end the connection at once, and what is still under way would take the answer with it.
    expect(text).not.toMatch(/^connection: close/im)
    clearInterval(flood)
  })

  test('that is just small enough is read', async () => {
    const server = await startTestServer({ handlers: echo, server: { limits } })
    const body = '['.repeat(1024)
    const socket = dialTls(server)
    socket.write(`${post}Connection: close\r\nContent-Length: 1024\r\n\r\n${body}`)
    expect(problemIn(await rest(socket))).toEqual([400, 'message-malformed'])
  })
})

function settled(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('secureConnect', resolve).once('close', () => resolve())
  })
}

describe('more connections than shake hands at once', () => {
  test('are all answered', async () => {
    const server = await startTestServer()
    const asked = Array.from({ length: 150 }, () => ask(server, { path: '/nothing' }))
    for (const { json } of await Promise.all(asked))
      expect(json).toMatchObject({ code: 'not-found' })
  })

  test('keep nobody out when they say nothing, or went again', async () => {
    const server = await startTestServer()
    const silent = Array.from({ length: 150 }, () => dial(server))
    await Promise.all(silent.map((socket) => once(socket, 'connect')))
    for (const socket of silent.slice(100)) socket.destroy()
    await stillAnswers(server)
    for (const socket of silent) socket.destroy()
  })
})

describe('too many connections', () => {
  test('keep nobody out who comes from elsewhere', async () => {
    const server = await startTestServer({ server: { limits: { connections: 16 } } })
    const held = Array.from({ length: 20 }, () => dialTls(server))
    await Promise.all(held.map(settled))
    expect(held.filter((socket) => !socket.destroyed)).toHaveLength(14)
    const other = dialTls(server, { localAddress: '127.0.0.2' })
    other.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect(problemIn(await rest(other))).toEqual([404, 'not-found'])
    for (const socket of held) socket.destroy()
    const comes = () => ask(server, { path: '/nothing' }).catch(() => undefined)
    await expect.poll(comes).toMatchObject({ json: { code: 'not-found' } })
  })
})
