import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { DynfarmError } from '../../src/errors.ts'
import { Reply } from '../../src/server/call.ts'
import { leave } from '../../src/server/enrol/leave.ts'
import { Refusal } from '../../src/server/refusal.ts'
import { makeRefusals } from '../../src/server/refusals.ts'
import { ask, dialTls, portOf, problemIn, rest } from './client.ts'
import { enter, makeCertificate, makePerson } from './people.ts'
import { startTestServer, type TestServer } from './test-server.ts'

const gate = Promise.withResolvers<void>()

function lines({ server }: TestServer) {
  return server.store.read(({ audit }) => audit.list({ limit: 1000 }))
}

describe('what a handler throws', () => {
  test('as a refusal is answered and recorded with what only the audit is told', async () => {
    const server = await startTestServer({
      handlers: {
        nodeList: async () => {
          throw new Refusal('slots-full', 'the site is full', {
            path: '/site',
            retryAfter: 30,
            audit: { subject: 'n1', site: 'aruba', detail: { limit: 5 } },
          })
        },
      },
    })
    const shown = await makePerson(server, 'viewer')
    const answer = await ask(server, { on: 'admin', path: '/v1/nodes', shown })
    expect(answer.headers).toMatchObject({
      'content-type': expect.stringMatching(/^application\/problem\+json/),
      'retry-after': '30',
    })
    expect(answer.json).toMatchObject({
      code: 'slots-full',
      path: '/site',
      retryAfter: 30,
      status: 503,
    })
    expect(answer.text).not.toContain('n1')
  })

  test('is recorded with who asked, and from where', async () => {
    const server = await startTestServer({
      handlers: {
        nodeList: async () => {
          throw new Refusal('slots-full', 'the site is full', {
            audit: { subject: 'n1', detail: { limit: 5 } },
          })
        },
      },
    })
    const shown = await makePerson(server, 'viewer')
    await ask(server, { on: 'admin', path: '/v1/nodes', shown })
    await expect
      .poll(async () => (await lines(server))[0])
      .toMatchObject({
        actor: expect.stringMatching(/^a[0-9a-f]+$/),
        action: 'refusal',
        subject: 'n1',
        source: '127.0.0.1',
        addresses: ['127.0.0.1'],
        outcome: 'slots-full',
        detail: { endpoint: 'nodeList', why: 'the site is full', limit: 5 },
      })
  })

  test('is recorded of who may not, too', async () => {
    const server = await startTestServer({ handlers: { reload: async () => new Reply({}) } })
    const shown = await makePerson(server, 'viewer')
    const asked = { on: 'admin', method: 'POST', path: '/v1/reload', shown } as const
    expect((await ask(server, asked)).json.code).toBe('not-allowed')
    await expect
      .poll(async () => (await lines(server))[0])
      .toMatchObject({
        actor: expect.stringMatching(/^a[0-9a-f]+$/),
        outcome: 'not-allowed',
        detail: { endpoint: 'reload' },
      })
  })

  test('as a bug is told in the log only, where its id finds it', async () => {
    const server = await startTestServer({
      handlers: {
        healthz: async () => {
          throw new Error('the words are secret \u001b[31m')
        },
      },
    })
    const { status, text, json } = await ask(server, { on: 'admin', path: '/healthz' })
    expect([status, json.code]).toEqual([500, 'server-failed'])
    expect(text).not.toContain('secret')
    const [, id] = /under "([0-9a-f]{8})"/.exec(json.detail) ?? []
    expect(server.said.text).toContain(
      `server-failed ${id}: Error: the words are secret \\u{1b}[31m`,
    )
    expect(server.said.text).toContain('pipeline.test.ts')
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'words'],
    ['what cannot be parsed here', new SyntaxError('words')],
    ['an error of the web', new DOMException('words', 'AbortError')],
  ])('as %s is a bug as well', async (_what, thrown) => {
    const server = await startTestServer({
      handlers: {
        healthz: async () => {
          throw thrown
        },
      },
    })
    const { status, json } = await ask(server, { on: 'admin', path: '/healthz' })
    expect([status, json.code]).toEqual([500, 'server-failed'])
    expect(server.said.text).toContain('server-failed ')
  })

  test('as a store that is away has the client come again', async () => {
    const server = await startTestServer({
      handlers: {
        healthz: async () => {
          throw new DynfarmError('store-unavailable', 'the database cannot be used: secret words')
        },
      },
    })
    const { status, json, headers, text } = await ask(server, { on: 'admin', path: '/healthz' })
    expect([status, json.code, headers['retry-after']]).toEqual([503, 'server-busy', '5'])
    expect(text).not.toContain('secret words')
  })

  test.each(['not-writable', 'state-unwritable'] as const)(
    'as %s is no answer for others',
    async (code) => {
      const server = await startTestServer({
        handlers: {
          healthz: async () => {
            throw new DynfarmError(code, 'no room at "/var"')
          },
        },
      })
      const { text } = await ask(server, { on: 'admin', path: '/healthz' })
      expect(text).not.toContain('/var')
      expect(server.said.text).toContain('no room at "/var"')
    },
  )
})

test.each(['{"__proto__":{}}', '{"constructor":{"prototype":{}}}', '{', '', 'null x'])(
  'a body as %s is malformed, and no bug',
  async (body) => {
    const server = await startTestServer({ handlers: { hubReport: async () => new Reply({}) } })
    const socket = dialTls(server, await makePerson(server, 'hub'))
    const head = 'POST /v1/hub/report HTTP/1.1\r\nHost: a\r\nConnection: close\r\n'
    const type = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
    socket.write(head + type + body)
    expect(problemIn(await rest(socket))).toEqual([400, 'message-malformed'])
    expect(server.said.text).toBe('')
  },
)

describe('an answer that was waited for', () => {
  test('is not for a person whose certificate was revoked meanwhile', async () => {
    const waiting = Promise.withResolvers<void>()
    const server = await startTestServer({
      handlers: {
        audit: async () => {
          waiting.resolve()
          await sleep(1100)
          return { lines: [], next: 0 }
        },
      },
    })
    const shown = await makeCertificate(server, { role: 'admin', name: 'anna' })
    const id = await enter(server, 'viewer', shown)
    const headers = { connection: 'keep-alive' }
    const answer = ask(server, { on: 'admin', path: '/v1/audit?wait=5', shown, headers })
    await waiting.promise
    await server.server.store.write(({ admins }) => admins.revoke(id, 1))
    expect((await answer).json).toMatchObject({ code: 'certificate-revoked' })
    expect((await answer).headers.connection).toBe('close')
  })

  test('is for whom it still may be for', async () => {
    const server = await startTestServer({
      handlers: {
        audit: async () => {
          await sleep(1100)
          return { lines: [], next: 0 }
        },
      },
    })
    const shown = await makePerson(server, 'viewer')
    const answer = await ask(server, { on: 'admin', path: '/v1/audit?wait=5', shown })
    expect(answer).toMatchObject({ status: 200, json: { lines: [], next: 0 } })
  })

  test('is for who gave up its certificate by asking, where there is nothing to say', async () => {
    const server = await startTestServer({
      handlers: {
        leave: async (call, inner) => {
          await leave(call, inner)
          await sleep(1100)
        },
      },
    })
    const shown = await makePerson(server, 'node')
    const way = { on: 'join', method: 'DELETE', path: '/v1/nodes/self' } as const
    expect((await ask(server, { ...way, shown })).status).toBe(204)
    expect((await ask(server, { ...way, shown })).json).toMatchObject({
      code: 'certificate-revoked',
    })
  })

  test('is not waited for by a client that has gone', async () => {
    const begun = Promise.withResolvers<AbortSignal>()
    const server = await startTestServer({
      handlers: {
        join: async () => new Reply({}),
        releaseFile: async () => new Reply({}),
        feed: async ({ signal }) => {
          begun.resolve(signal)
          await once(signal, 'abort')
          throw signal.reason
        },
      },
    })
    const socket = dialTls(server, await makePerson(server, 'hub'))
    socket.write('GET /v1/hub/feed HTTP/1.1\r\nHost: a\r\n\r\n')
    const signal = await begun.promise
    socket.destroy()
    if (!signal.aborted) await once(signal, 'abort')
    await sleep(50)
    expect(server.said.text).toBe('')
    expect(await lines(server)).toEqual([])
  })

  test('is no matter when the body breaks off that nobody read', async () => {
    const begun = Promise.withResolvers<AbortSignal>()
    const server = await startTestServer({
      handlers: {
        releaseUpload: async ({ signal }) => {
          begun.resolve(signal)
          await once(signal, 'abort')
          return new Reply({})
        },
      },
    })
    const shown = await makePerson(server, 'admin')
    const socket = dialTls(server, { ...shown, port: portOf(server, 'admin') })
    const head = 'PUT /v1/releases/1.2.3/linux-x64 HTTP/1.1\r\nHost: a\r\n'
    socket.write(`${head}Content-Type: application/octet-stream\r\nContent-Length: 1000\r\n\r\nabc`)
    const signal = await begun.promise
    socket.destroy()
    if (!signal.aborted) await once(signal, 'abort')
    await sleep(50)
    expect(server.said.text).toBe('')
    expect((await ask(server, { path: '/a' })).status).toBe(404)
  })

  test('leaves nothing behind on a connection that goes on', async () => {
    const server = await startTestServer()
    const socket = dialTls(server)
    socket.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(30))
    socket.write('GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    expect((await rest(socket)).match(/HTTP\/1\.1 404/g)).toHaveLength(31)
  })
})

describe('refusals', () => {
  test('are a few lines a minute for a source, and a count of the others', async () => {
    const { server } = await startTestServer()
    const refusals = makeRefusals(server)
    const refuse = (address: string, count: number) => {
      for (let i = 0; i < count; i++)
        refusals.note(new Refusal('not-found', 'no'), { source: { address, port: 1 } })
    }
    refuse('192.0.2.1', 100)
    refuse('192.0.2.2', 2)
    await refusals.flush()
    const written = await server.store.read(({ audit }) => audit.list({ limit: 1000 }))
    const by = Map.groupBy(written, ({ source }) => source)
    expect([by.get('192.0.2.1')?.length, by.get('192.0.2.2')?.length]).toEqual([5, 2])
    expect(by.get(null)).toMatchObject([
      {
        actor: 'server',
        action: 'refusal',
        outcome: 'counted',
        detail: { more: { 'not-found': 95 } },
      },
    ])
  })

  test('are bounded for all sources together, and count anew in the next minute', async () => {
    const { server } = await startTestServer()
    const refusals = makeRefusals(server)
    const refuse = () => {
      for (let i = 0; i < 500; i++)
        refusals.note(new Refusal('not-found', 'no'), {
          source: { address: `192.0.2.${i % 250}`, port: 1 },
        })
    }
    const written = () => server.store.read(({ audit }) => audit.list({ limit: 1000 }))
    refuse()
    await refusals.flush()
    expect(await written()).toHaveLength(21)
    refuse()
    await refusals.flush()
    expect(await written()).toHaveLength(42)
  })

  test('of nobody leave room for those of somebody', async () => {
    const { server } = await startTestServer()
    const refusals = makeRefusals(server)
    for (let i = 0; i < 500; i++)
      refusals.note(new Refusal('not-found', 'no'), {
        source: { address: `192.0.2.${i % 250}`, port: 1 },
      })
    refusals.note(new Refusal('token-expired', 'no', { audit: { subject: 't1' } }), {
      endpoint: 'join',
      source: { address: '192.0.2.1', port: 1 },
    })
    await refusals.flush()
    const of = await server.store.read(({ audit }) => audit.list({ limit: 1000, subject: 't1' }))
    expect(of).toMatchObject([
      {
        action: 'refusal',
        detail: { endpoint: 'join' },
        outcome: 'token-expired',
        actor: 'anyone',
      },
    ])
  })

  test('that cannot be written are told in the log', async () => {
    const { server, said } = await startTestServer()
    const away = { ...server.store, write: () => Promise.reject(new Error('away')) }
    const refusals = makeRefusals({ ...server, store: away })
    refusals.note(new Refusal('not-found', 'no'), { source: null })
    await refusals.flush()
    expect(said.text).toContain('a refusal is missing in the audit: away')
  })
})

describe('a server that is to end', () => {
  const waits = { feed: waitForEnd }
  async function waitForEnd({ signal }: { signal: AbortSignal }): Promise<Reply> {
    gate.resolve()
    await once(signal, 'abort')
    return new Reply({ body: 'ended' })
  }

  test('lets requests in flight finish, and who waits go', async () => {
    const slow = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const server = await startTestServer({
      handlers: {
        ...waits,
        hubReport: async () => {
          begun.resolve()
          await slow.promise
          return new Reply({ body: 'done' })
        },
      },
    })
    const hub = await makePerson(server, 'hub')
    const waiting = ask(server, { path: '/v1/hub/feed', shown: hub })
    const body = { time: 1 }
    const working = ask(server, { method: 'POST', path: '/v1/hub/report', body, shown: hub })
    const [idle, young] = [dialTls(server), dialTls(server)]
    idle.write('GET /a HTTP/1.1\r\nHost: a\r\n\r\n')
    await Promise.all([
      begun.promise,
      gate.promise,
      once(idle, 'data'),
      once(young, 'secureConnect'),
    ])
    const ended = server.close()
    expect(await waiting).toMatchObject({ status: 200, text: 'ended' })
    await Promise.all([rest(idle), rest(young)])
    await expect(ask(server, { path: '/a' })).rejects.toThrow('ECONNREFUSED')
    slow.resolve()
    const { text, headers } = await working
    expect([text, headers.connection]).toEqual(['done', 'close'])
    await ended
  })

  test('takes no new request on a connection that is still busy', async () => {
    const slow = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    let calls = 0
    const server = await startTestServer({
      handlers: {
        hubReport: async () => {
          calls += 1
          begun.resolve()
          await slow.promise
          return new Reply({ body: 'done' })
        },
      },
    })
    const socket = dialTls(server, await makePerson(server, 'hub'))
    const post = 'POST /v1/hub/report HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n'
    const one = `${post}Content-Length: 10\r\n\r\n{"time":1}`
    socket.write(one)
    await begun.promise
    const ended = server.close()
    socket.write(one)
    await sleep(50)
    slow.resolve()
    expect(await rest(socket)).toContain('done')
    expect(calls).toBe(1)
    await ended
  })
})
