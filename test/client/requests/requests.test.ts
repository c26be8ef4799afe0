import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import { connect, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { type Client, type NetworkOptions, openClient } from '../../../src/client/requests.ts'
import { createAuthorities, createPerson, day } from '../../pki/people.ts'
import {
  authorities,
  bodyOf,
  healthy,
  listen,
  now,
  people,
  pin,
  sendJson,
  sendProblem,
  startRaw,
  startTls,
} from './servers.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

describe('an answer', () => {
  it('is decoded, and what is unknown in it dropped', async () => {
    const client = await ask((_, response) => sendJson(response, { ...healthy(), more: 1 }))
    expect(Object.keys(await client.request('healthz', {}))).toEqual(['ok', 'time'])
  })

  it('may be text, bytes or nothing', async () => {
    const client = await ask((request, response) => {
      if (request.url === '/metrics') return response.end('a 1\n')
      if (request.method === 'DELETE') return response.writeHead(204).end()
      return response.end(Buffer.from([0, 255]))
    })
    expect(await client.request('metrics', {})).toBe('a 1\n')
    const params = { version: '1.2.3', platform: 'linux-x64' }
    expect(await client.request('releaseFile', { params })).toEqual(Buffer.from([0, 255]))
    expect(await client.request('leave', {})).toBeUndefined()
  })

  const json = { 'content-type': 'application/json' }
  const bad: [string, string, RequestListener][] = [
    ['is not JSON', 'it is not JSON', (_, r) => r.writeHead(200, json).end('{"ok":')],
    [
      'is no UTF-8',
      'it is not UTF-8',
      (_, r) => r.writeHead(200, json).end(Buffer.from([0x22, 0xff, 0x22])),
    ],
    [
      'has another type',
      'not of type application/json',
      (_, r) => r.end(JSON.stringify(healthy())),
    ],
    ['lacks a field', '"/time" is missing', (_, r) => sendJson(r, { ok: true })],
    [
      'is a redirect',
      '302 is a redirect',
      (_, r) => r.writeHead(302, { location: 'https://127.0.0.1:1/' }).end(),
    ],
    [
      'is another success',
      'not a success that is known',
      (_, r) => r.writeHead(202, json).end('{}'),
    ],
    ['is a part', 'not a success that is known', (_, r) => r.writeHead(206, json).end('{}')],
    [
      'is packed',
      'it is encoded',
      (_, r) => r.writeHead(200, { ...json, 'content-encoding': 'gzip' }).end(gzipSync('{}')),
    ],
    [
      'says that it is long',
      'more than 16777216 bytes',
      (_, r) => r.writeHead(200, { ...json, 'content-length': 2 ** 40 }).write('{'),
    ],
    ['never ends', 'more than 16777216 bytes', (_, r) => pour(r.writeHead(200, json))],
  ]
  it.each(bad)('that %s is refused', async (_, words, answer) => {
    const client = await ask(answer)
    await expect(client.request('healthz', {})).rejects.toMatchObject({
      code: 'message-malformed',
      message: expect.stringContaining(words),
    })
  })

  it('with a body where there is none is refused', async () => {
    const client = await ask((_, response) => response.end('x'))
    await expect(client.request('leave', {})).rejects.toMatchObject({ code: 'message-malformed' })
  })

  it('that comes after others of a passing kind is the answer', async () => {
    const client = await ask((_, response) => {
      response.writeContinue()
      response.writeProcessing()
      sendJson(response, healthy())
    })
    expect(await client.request('healthz', {})).toMatchObject({ ok: true })
  })

  const broken: [string, RequestListener][] = [
    [
      'stops half-way',
      (_, r) => r.writeHead(200, { 'content-length': 9 }).write('x', () => r.destroy()),
    ],
    ['does not come', (_, r) => void r.destroy()],
    [
      'wants another protocol',
      (_, r) => r.writeHead(101, { upgrade: 'x', connection: 'upgrade' }).end(),
    ],
    ['is not HTTP', (_, r) => void r.socket?.end('hello\n\n')],
    [
      'has headers without end',
      (_, r) => pour(r.socket as never, 'HTTP/1.1 200 OK\r\n', 'a: b\r\n'.repeat(100)),
    ],
  ]
  it.each(broken)('that %s is none', async (_, answer) => {
    const client = await ask(answer)
    await expect(client.request('healthz', {})).rejects.toMatchObject({
      code: 'server-unreachable',
    })
  })

  const slow: [string, Partial<NetworkOptions['limits']>, RequestListener][] = [
    ['the server is silent', { idleMs: 80 }, () => {}],
    ['an answer stops coming', { idleMs: 80 }, (_, r) => r.writeHead(200, json).write('{')],
    ['an answer drips', { idleMs: 10_000, totalMs: 200 }, (_, r) => drip(r.writeHead(200, json))],
    [
      'an answer never begins for passing ones',
      { totalMs: 200 },
      (_, r) => drip({ write: () => r.writeProcessing() }),
    ],
  ]
  it.each(slow)('is not waited for when %s', async (_, limits, answer) => {
    const client = await ask(answer, { limits: { ...limits } })
    await expect(client.request('healthz', {})).rejects.toMatchObject({
      code: 'server-unreachable',
      message: expect.stringContaining('(timeout)'),
    })
  })

  it('may take as long as the server was asked to wait', async () => {
    const late: RequestListener = (_, response) => {
      setTimeout(() => sendJson(response, { lines: [], next: 0 }), 300)
    }
    const client = await ask(late, { limits: { idleMs: 60, totalMs: 100 } })
    expect(await client.request('audit', { query: { wait: '5' } })).toEqual({ lines: [], next: 0 })
    await expect(client.request('audit', { query: {} })).rejects.toMatchObject({ exit: 75 })
  })

  it('is not waited for longer than the caller wants', async () => {
    const client = await ask(() => {})
    const asked = client.request('healthz', { timeoutMs: 50 })
    await expect(asked).rejects.toMatchObject({ message: expect.stringContaining('(timeout)') })
  })
})

describe('a refusal', () => {
  it('has the code of the table, what was said, and when to ask again', async () => {
    const client = await ask((_, response) =>
      sendProblem(response, 503, {
        code: 'slots-full',
        detail: 'site "aruba" is full',
        retryAfter: 30,
        time: 5,
      }),
    )
    await expect(client.request('siteList', {})).rejects.toMatchObject({
      code: 'slots-full',
      exit: 75,
      message: 'site "aruba" is full; try again in 30 s',
      details: { retryAfter: 30, time: 5 },
    })
  })

  it('is told by status and title where the code is of a newer server', async () => {
    const client = await ask((_, response) =>
      sendProblem(response, 418, { code: 'too-hot', title: 'tea\u001b[31m pot', detail: '' }),
    )
    await expect(client.request('siteList', {})).rejects.toMatchObject({
      code: 'server-refused',
      message: 'the server refuses, with status 418 and "tea\ufffd[31m pot"',
      details: { status: 418, serverCode: 'too-hot' },
    })
  })

  it.each([
    [500, 'server-failed'],
    [429, 'too-many-requests'],
    [404, 'server-refused'],
  ])('without a problem, of status %s, is %s', async (status, code) => {
    const client = await ask((_, response) => response.writeHead(status).end('<html>'))
    await expect(client.request('siteList', {})).rejects.toMatchObject({
      code,
      details: { status },
    })
  })

  it('cannot be longer than a problem is', async () => {
    const client = await ask((_, response) => {
      pour(response.writeHead(500, { 'content-type': 'application/problem+json' }))
    })
    await expect(client.request('siteList', {})).rejects.toMatchObject({
      code: 'message-malformed',
    })
  })

  it('for a certificate out of time names the clock where it differs', async () => {
    const hour = 3600_000
    const refuse = (time: number) =>
      ask((_, r) => sendProblem(r, 401, { code: 'certificate-early', time }))
    await expect(
      (await refuse(Date.now() - 5 * hour)).request('siteList', {}),
    ).rejects.toMatchObject({
      code: 'clock-wrong',
      message: expect.stringMatching(/^the clock here says .*, the server's .*: 5 hours ahead$/),
    })
    await expect((await refuse(Date.now())).request('siteList', {})).rejects.toMatchObject({
      code: 'certificate-early',
    })
  })
})

describe('the clock', () => {
  it('of the machine is compared with the time in answers', async () => {
    const time = Date.now() - 600_000
    const client = await ask((_, response) => sendJson(response, { ok: true, time }), {
      now: () => now,
    })
    expect(client.clockAhead()).toBeUndefined()
    await client.request('healthz', {})
    expect(client.clockAhead()).toBe(now.getTime() - time)
    const later = await ask((_, response) => sendJson(response, healthy()), { now: () => now })
    await later.request('healthz', {})
    expect(later.clockAhead()).toBeLessThan(0)
  })
})

describe('a connection', () => {
  it('that was checked serves the next request too, where that may be repeated', async () => {
    const server = await start()
    const client = open({ urls: [server.url] })
    for (let i = 0; i < 3; i++) await client.request('healthz', {})
    expect(server).toMatchObject({ connections: 1, certificates: 1 })
    await client.request('reload', {}).catch(() => {})
    expect(server.connections).toBe(2)
  })

  it('is never resumed from an earlier session', async () => {
    const server = await start((_, response) =>
      sendJson(response.setHeader('connection', 'close'), healthy()),
    )
    const client = open({ urls: [server.url] })
    for (let i = 0; i < 3; i++) await client.request('healthz', {})
    expect(server).toMatchObject({ connections: 3, resumed: 0 })
  })

  it('that ended meanwhile is made again', async () => {
    const sockets: Socket[] = []
    const server = await start((request, response) => {
      if (!sockets.includes(request.socket)) sockets.push(request.socket)
      else return void request.socket.destroy()
      sendJson(response, healthy())
    })
    const client = open({ urls: [server.url] })
    for (let i = 0; i < 3; i++)
      expect(await client.request('healthz', {})).toMatchObject({ ok: true })
  })

  it('that falls silent is not made again', async () => {
    let count = 0
    const server = await start((_, response) => {
      if (count++ === 0) sendJson(response, healthy())
    })
    const client = open({ urls: [server.url], limits: { idleMs: 1000 } })
    await client.request('healthz', {})
    await expect(client.request('healthz', {})).rejects.toMatchObject({ exit: 75 })
    expect(server).toMatchObject({ connections: 1, requests: { length: 2 } })
  })

  it('is not shared by clients that trust others', async () => {
    const server = await start()
    await open({ urls: [server.url] }).request('healthz', {})
    const stranger = open({ urls: [server.url], pins: ['0'.repeat(64)] })
    await expect(stranger.request('healthz', {})).rejects.toMatchObject({
      code: 'server-not-trusted',
    })
  })
})

describe('several URLs', () => {
  const nobody = 'https://127.0.0.1:1'

  it('are tried in order, the one that answered last first', async () => {
    const server = await start()
    const dead = await start()
    await dead.close()
    ends.pop()
    const client = open({ urls: [dead.url, server.url] })
    for (let i = 0; i < 2; i++) await client.request('healthz', {})
    const back = await listenAgain(dead.port)
    await client.request('healthz', {})
    expect(back.count).toBe(0)
    expect(server.requests).toHaveLength(3)
  })

  it('are all named when none answers', async () => {
    const client = open({ urls: [nobody, 'https://no-such-host.invalid:9'] })
    await expect(client.request('healthz', {})).rejects.toMatchObject({
      code: 'server-unreachable',
      exit: 75,
      message: expect.stringMatching(
        /^no server answers: "https:\/\/127\.0\.0\.1:1" \(refused\); "https:\/\/no-such-host\.invalid:9" \((name not found|no name server answers)\)$/,
      ),
    })
  })

  it('pass over one that is not trusted, with a warning', async () => {
    const warnings: string[] = []
    const [server, impostor] = [await start(), await startImpostor()]
    const client = open({ urls: [impostor.url, server.url], warn: (text) => warnings.push(text) })
    expect(await client.request('healthz', {})).toMatchObject({ ok: true })
    expect(warnings).toEqual([expect.stringContaining(`"${impostor.url}" cannot be trusted`)])
  })

  it('tell of one that is not trusted before those that are away', async () => {
    const impostor = await startImpostor()
    const client = open({ urls: [nobody, impostor.url] })
    await expect(client.request('healthz', {})).rejects.toMatchObject({
      code: 'server-not-trusted',
      message: expect.stringContaining(`"${nobody}" (refused)`),
    })
  })

  it('pass over one that is busy, whatever is asked', async () => {
    const busy = await start((_, r) =>
      sendProblem(r, 503, { code: 'server-busy', detail: 'stopping' }),
    )
    const server = await start((_, r) => sendJson(r, { changed: [] }))
    const client = open({ urls: [busy.url, server.url] })
    expect(await client.request('reload', {})).toEqual({ changed: [] })
    const alone = open({ urls: [busy.url] })
    await expect(alone.request('reload', {})).rejects.toMatchObject({
      code: 'server-busy',
      message: 'stopping',
    })
  })

  it('do not pass over one that refuses', async () => {
    const first = await start((_, r) => sendProblem(r, 403, { code: 'not-allowed', detail: 'no' }))
    const second = await start()
    const client = open({ urls: [first.url, second.url] })
    await expect(client.request('healthz', {})).rejects.toMatchObject({ code: 'not-allowed' })
    expect(second.requests).toEqual([])
  })

  it('are not both asked what can be done but once', async () => {
    const [first, second] = [await start((_, r) => void r.destroy()), await start()]
    const client = open({ urls: [first.url, second.url] })
    const params = { node: 'aruba-1' }
    await expect(client.request('nodeForget', { params })).rejects.toMatchObject({
      code: 'answer-lost',
      exit: 75,
    })
    const late = open({ urls: [first.url, second.url], limits: { totalMs: 1 } })
    await expect(late.request('nodeForget', { params })).rejects.toMatchObject({ exit: 75 })
    expect(second.requests).toEqual([])
    expect(await client.request('healthz', {})).toMatchObject({ ok: true })
  })

  it('are both asked for what can be done but once where the first cannot be reached', async () => {
    const server = await start((_, r) => sendJson(r, { changed: ['x'] }))
    const client = open({ urls: [nobody, server.url] })
    expect(await client.request('reload', {})).toEqual({ changed: ['x'] })
  })

  it('are both told what may be said twice', async () => {
    const broken = await start((_, r) => void r.destroy())
    const server = await start((_, r) => sendJson(r, { time: 1, position: 'e.1' }))
    const client = open({ urls: [broken.url, server.url] })
    const body = { state: 'ready', version: '0.1.0' } as const
    expect(await client.request('report', { body })).toEqual({ time: 1, position: 'e.1' })
  })

  it('pass over one whose certificate has ended', async () => {
    const then = new Date(now.getTime() - 30 * day)
    const old = await createPerson(authorities, { role: 'server', now: then, lifeMs: day })
    const chain = old.certificate + authorities.server.certificate
    const ended = await startTls({ shown: { key: old.key, chain } })
    ends.push(ended.close)
    const server = await start()
    const client = open({ urls: [ended.url, server.url] })
    expect(await client.request('healthz', {})).toMatchObject({ ok: true })
  })

  it('share one limit of time', async () => {
    const [first, second] = [await start(() => {}), await start(() => {})]
    const client = open({ urls: [first.url, second.url], limits: { totalMs: 100 } })
    await expect(client.request('healthz', {})).rejects.toMatchObject({
      message: `no server answers: "${first.url}" (timeout)`,
    })
    expect(second.requests).toEqual([])
  })

  it('go on from one that does not take connections on', async () => {
    const silent = await startRaw(() => {})
    ends.push(silent.close)
    const server = await start()
    const client = open({ urls: [silent.url, server.url], limits: { connectMs: 1000 } })
    expect(await client.request('healthz', {})).toMatchObject({ ok: true })
  })
})

describe('a caller', () => {
  it.each(['before', 'while connecting', 'while waiting', 'in the answer'])(
    'may leave %s',
    async (when) => {
      const silent = await startRaw(() => {})
      ends.push(silent.close)
      const controller = new AbortController()
      const stop = () => setTimeout(() => controller.abort(), 20)
      const server = await start((_, response) => {
        if (when === 'in the answer')
          response.writeHead(200, { 'content-type': 'application/json' }).write('{')
        stop()
      })
      const url = when === 'while connecting' ? silent.url : server.url
      if (when === 'before') controller.abort()
      if (when === 'while connecting') stop()
      const client = open({ urls: [url, server.url] })
      const { signal } = controller
      await expect(client.request('reload', { signal })).rejects.toMatchObject({
        code: 'interrupted',
      })
      await expect(client.request('healthz', { signal })).rejects.toMatchObject({
        code: 'interrupted',
      })
      expect(server.requests.length).toBe(when === 'before' || when === 'while connecting' ? 0 : 1)
    },
  )

  it('says what the endpoint knows, and it arrives', async () => {
    let heard: unknown
    const server = await start(async (request, response) => {
      const { 'content-type': type, 'accept-encoding': encoding } = request.headers
      heard = [type, encoding, JSON.parse(await bodyOf(request))]
      sendJson(response, { time: 1, position: 'e.1' })
    })
    const body = { state: 'ready', version: '0.1.0' } as const
    await open({ urls: [server.url] }).request('report', { body })
    expect(heard).toEqual(['application/json', 'identity', body])
  })

  it('cannot leave the path', async () => {
    const server = await start()
    const client = open({ urls: [server.url] })
    for (const node of ['..', 'a/b', 'a?x', '', 'a\r\nb', 'ä']) {
      await expect(client.request('nodeShow', { params: { node } })).rejects.toMatchObject({
        code: 'usage',
      })
    }
    expect(server.requests).toEqual([])
  })

  it('is told of a body that is too long before it is sent', async () => {
    const server = await start()
    const body = { state: 'ready', version: '0'.repeat(70_000) } as const
    await expect(open({ urls: [server.url] }).request('report', { body })).rejects.toMatchObject({
      code: 'message-too-large',
    })
    expect(server.connections).toBe(0)
  })

  it.each([
    'http://127.0.0.1',
    'https://u:p@127.0.0.1',
    'https://h/x',
    'https://h?x',
    'https://h#x',
    'x',
  ])('cannot dial %s', (url) => {
    expect(() => open({ urls: [url] })).toThrow(expect.objectContaining({ code: 'usage' }))
    expect(() => open({ urls: [url] })).not.toThrow(/u:p/)
  })

  it('is told that a URL has more than it may, without that', () => {
    const message = '"https://h:1/" is not of the form https://hub1.example.org:8443: it has more'
    expect(() => open({ urls: ['https://u:p@h:1'] })).toThrow(message)
    expect(() => open({ urls: ['http://h:1'] })).not.toThrow(/it has more/)
  })

  it('is told of a key that is not the one of the certificate', () => {
    const credential = { certificate: people.node.certificate, key: people.hub.key }
    expect(() => open({ urls: ['https://h'], credential })).toThrow(
      expect.objectContaining({ code: 'certificate-refused' }),
    )
  })
})

describe('a server that speaks no TLS', () => {
  it.each(['HTTP/1.1 200 OK\r\n\r\n', '\x16\x03\x01', ''])('is unreachable', async (text) => {
    const server = await startRaw((socket) => socket.end(text))
    ends.push(server.close)
    await expect(open({ urls: [server.url] }).request('healthz', {})).rejects.toMatchObject({
      code: 'server-unreachable',
    })
  })
})

describe('a proxy', () => {
  it('passes the connection on, and sees nothing of what is said', async () => {
    const server = await start()
    const seen: string[] = []
    const proxy = await startProxy((line) => {
      seen.push(line)
      return { to: server.port }
    })
    const client = open({ urls: [server.url], proxy })
    expect(await client.request('healthz', {})).toMatchObject({ ok: true })
    expect(seen).toEqual([`CONNECT 127.0.0.1:${server.port} HTTP/1.1`])
  })

  it('that leads elsewhere is found out', async () => {
    const impostor = await startImpostor()
    const proxy = await startProxy(() => ({ to: impostor.port }))
    const client = open({ urls: ['https://127.0.0.1:9'], proxy })
    await expect(client.request('healthz', {})).rejects.toMatchObject({
      code: 'server-not-trusted',
    })
    expect(impostor).toMatchObject({ requests: [], certificates: 0 })
  })

  it.each([
    ['HTTP/1.1 403 No\x1b[31m\r\n\r\n', 'proxy-refused', 'answers with status 403'],
    [
      'HTTP/1.1 407 X\r\nproxy-authenticate: Basic\r\n\r\n',
      'proxy-refused',
      'a name and a password',
    ],
    ['HTTP/1.1 302 X\r\nlocation: https://x/\r\n\r\n', 'proxy-refused', 'status 302'],
    ['HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}', 'proxy-refused', 'a page of its own'],
    [
      'hello\r\n\r\n',
      'proxy-refused',
      'no way to "https://127.0.0.1:9" (what it answers is not HTTP',
    ],
    ['', 'proxy-refused', 'no way to "https://127.0.0.1:9" (the connection broke off)'],
    [`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}`, 'proxy-refused', 'not HTTP'],
  ])('that answers %j is named', async (text, code, words) => {
    const proxy = await startProxy(() => ({ text }))
    await expect(
      open({ urls: ['https://127.0.0.1:9'], proxy }).request('healthz', {}),
    ).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`^the proxy "${proxy}" .*${quote(words)}`)),
    })
  })

  it('that is not there is named, rather than the server', async () => {
    const client = open({ urls: ['https://127.0.0.1:9'], proxy: 'http://127.0.0.1:1' })
    await expect(client.request('healthz', {})).rejects.toMatchObject({
      code: 'proxy-refused',
      message: 'the proxy "http://127.0.0.1:1" does not answer (refused)',
    })
  })

  it('that does not answer is not waited for', async () => {
    const proxy = await startProxy(() => ({}))
    const client = open({ urls: ['https://127.0.0.1:9'], proxy, limits: { connectMs: 80 } })
    await expect(client.request('healthz', {})).rejects.toMatchObject({
      code: 'proxy-refused',
      message: `the proxy "${proxy}" opens no way to "https://127.0.0.1:9" (timeout)`,
    })
  })

  it.each(['https://p:1', 'http://u:p@h:1', 'socks://h:1'])('cannot be %s', (proxy) => {
    expect(() => open({ urls: ['https://h'], proxy })).toThrow(
      expect.objectContaining({ code: 'usage' }),
    )
  })

  const quote = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

  /** Answers the first line of each connection. */
  async function startProxy(
    answer: (line: string) => { to?: number; text?: string },
  ): Promise<string> {
    const passed = new Set<Socket>()
    const { port, close } = await startRaw((socket, data) => {
      if (passed.has(socket)) return
      passed.add(socket)
      const { to, text } = answer(data.toString().split('\r\n')[0] ?? '')
      if (text !== undefined) socket.end(text)
      if (to === undefined) return
      const inner = connect(to, '127.0.0.1', () =>
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n'),
      )
      socket.on('close', () => inner.destroy())
      inner.on('error', () => socket.destroy())
      socket.pipe(inner).pipe(socket)
    })
    ends.push(close)
    return `http://127.0.0.1:${port}`
  }
})

type Options = Partial<NetworkOptions> & { urls: readonly string[] }

function open(options: Options): Client {
  const client = openClient({ pins: [pin], credential: people.node, ...options })
  ends.push(client.close)
  return client
}

async function start(answer?: RequestListener) {
  const server = await startTls(answer === undefined ? {} : { answer })
  ends.push(server.close)
  return server
}

async function ask(
  answer: RequestListener,
  options: Partial<NetworkOptions> = {},
): Promise<Client> {
  const { url } = await start(answer)
  return open({ urls: [url], ...options })
}

async function startImpostor() {
  const others = await createAuthorities(now)
  const other = await createPerson(others, { role: 'server', now })
  const chain = other.certificate + others.server.certificate + authorities.server.certificate
  const server = await startTls({ shown: { key: other.key, chain } })
  ends.push(server.close)
  return server
}

async function listenAgain(port: number): Promise<{ count: number }> {
  const seen = { count: 0 }
  const server = createServer().on('connection', () => seen.count++)
  const { close } = await listen(server, { port, host: '127.0.0.1' })
  ends.push(close)
  return seen
}

interface Writable {
  write(text: string): unknown
  destroyed?: boolean
}

/** Writes as long as it is taken. */
function pour(
  to: Writable & { once?: (event: string, f: () => void) => unknown },
  first = '',
  text = ' '.repeat(65_536),
): void {
  if (first !== '') to.write(first)
  let left = 2000
  const more = (): void => {
    if (to.destroyed === true || left-- === 0) return
    to.write(text)
    setImmediate(more)
  }
  more()
}

function drip(to: Writable): void {
  const timer = setInterval(() => to.write(' '), 30)
  ends.push(() => clearInterval(timer))
}
