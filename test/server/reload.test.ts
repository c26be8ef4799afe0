import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { makeLog } from '../../src/log.ts'
import { reloadOnSignal } from '../../src/server/reload.ts'
import { startServer } from '../../src/server/serve.ts'
import { testFolder } from '../fakes/folder.ts'
import { KeptStream } from '../fakes/stream.ts'
import { ask, dialTls, rest } from './client.ts'
import { makePerson } from './people.ts'
import {
  centre,
  startTestServer,
  type TestServer,
  writeCentre,
  writeProfile,
} from './test-server.ts'

const reload = (server: TestServer) =>
  ask(server, { on: 'socket', method: 'POST', path: '/v1/reload' })

function change(server: TestServer, over: object): void {
  writeProfile(server.configDir, {
    ...centre,
    ...over,
    server: { ...centre.server, ...(over as { server?: object }).server },
  })
}

describe('a reload', () => {
  test('puts a new configuration in force, and says so to who listens', async () => {
    const server = await startTestServer()
    let told = 0
    const end = server.server.onReload(() => {
      told += 1
    })
    change(server, { domain: 'other.example.org' })
    expect(server.server.profile().centre.domain).toBe('farm.example.org')
    expect(await reload(server)).toMatchObject({ status: 200, json: { changed: [] } })
    expect([server.server.profile().centre.domain, told]).toEqual(['other.example.org', 1])
    end()
    await reload(server)
    expect(told).toBe(1)
    const lines = await server.server.store.read(({ audit }) => audit.list({ limit: 10 }))
    expect(lines).toMatchObject([
      { action: 'reload', actor: expect.stringMatching(/^root@/), outcome: 'done' },
      { action: 'reload' },
    ])
  })

  test('of a broken one tells every problem, and the old one stays', async () => {
    const server = await startTestServer()
    change(server, { domain: 'a b', nodes: 'x' })
    const { status, json } = await reload(server)
    expect([status, json.code]).toEqual([422, 'config-invalid'])
    expect(json.problems).toEqual([
      expect.stringMatching(/^centre\.yaml:2:9: domain: "a b" is not a host name$/),
      expect.stringMatching(/^centre\.yaml:\d+:\d+: nodes: "x" is not a network/),
    ])
    expect(server.server.profile().centre.domain).toBe('farm.example.org')
  })

  test.each([
    ['listen', '127.0.0.1:9999'],
    ['admin', '127.0.0.1:9998'],
    ['database', 'postgres://u@h/d'],
  ])('of another %s is refused by name', async (key, value) => {
    const server = await startTestServer()
    change(server, { domain: 'other.example.org', server: { [key]: value } })
    const { status, json } = await reload(server)
    expect([status, json.code]).toEqual([422, 'config-invalid'])
    expect(json.problems[0]).toMatch(
      new RegExp(`^centre\\.yaml:\\d+:\\d+: server/${key}: takes effect only`),
    )
    expect(server.server.profile().centre.domain).toBe('farm.example.org')
  })

  test('is for the rank of an administrator', async () => {
    const server = await startTestServer()
    const asked = { on: 'admin', method: 'POST', path: '/v1/reload' } as const
    const operator = await makePerson(server, 'operator')
    expect((await ask(server, { ...asked, shown: operator })).json.code).toBe('not-allowed')
    const admin = await makePerson(server, 'admin')
    expect((await ask(server, { ...asked, shown: admin })).status).toBe(200)
  })

  test('by a signal is told in the log, also when it is refused', async () => {
    const server = await startTestServer()
    await reloadOnSignal(server.server)
    expect(server.said.text).toContain('the configuration was read again')
    change(server, { domain: 'a b' })
    await reloadOnSignal(server.server)
    expect(server.said.text).toContain('the configuration in force stays: ')
    expect(server.said.text).toContain('"a b" is not a host name')
  })

  test('changes the limits of new connections', async () => {
    const server = await startTestServer()
    change(server, {
      server: { limits: { headers: '1KiB', body: '1KiB', 'idle-timeout': '200ms' } },
    })
    await reload(server)
    const socket = dialTls(server)
    socket.write(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(1100)}\r\n\r\n`)
    expect(await rest(socket)).toContain('the headers are too large')
    const idle = dialTls(server)
    idle.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(await rest(idle)).toContain('not-found')
  })

  test('shows a certificate for the new addresses', async () => {
    const server = await startTestServer()
    const before = await namesOf(server)
    change(server, { server: { urls: ['https://127.0.0.1:8443', 'https://hub.example.org'] } })
    await reload(server)
    expect([before, await namesOf(server)]).toEqual([
      'IP Address:127.0.0.1',
      'IP Address:127.0.0.1, DNS:hub.example.org',
    ])
  })
})

async function shownBy(server: TestServer): Promise<X509Certificate> {
  const socket = dialTls(server)
  await once(socket, 'secureConnect')
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) throw new Error('no certificate')
  return certificate
}

async function namesOf(server: TestServer): Promise<string | undefined> {
  return (await shownBy(server)).subjectAltName
}

describe('the socket for root', () => {
  test('is private, and gone with the server', async () => {
    const server = await startTestServer()
    expect(statSync(server.socket).mode & 0o777).toBe(0o600)
    await server.close()
    expect(existsSync(server.socket)).toBe(false)
  })

  async function start(prepare: (runDir: string) => unknown) {
    const dir = testFolder()
    const runDir = join(dir, 'run')
    mkdirSync(runDir, { mode: 0o755 })
    await prepare(runDir)
    await writeCentre(join(dir, 'config'), {})
    const log = makeLog({ stdout: new KeptStream(), stderr: new KeptStream(), env: {} })
    const at = { listen: '127.0.0.1:0', admin: '127.0.0.1:0' }
    const serving = await startServer({
      configDir: join(dir, 'config'),
      stateDir: join(dir, 'state'),
      runDir,
      log,
      at,
    })
    onTestFinished(() => serving.close())
    return serving
  }

  test('takes the place of one that a server left behind', async () => {
    const serving = await start(async (runDir) => {
      const { execFileSync } = await import('node:child_process')
      const bind = 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])'
      execFileSync('python3', ['-c', bind, join(runDir, 'admin.sock')])
    })
    expect(statSync(serving.socket).mode & 0o777).toBe(0o600)
  })

  test('leaves that of a running server alone', async () => {
    let path = ''
    const other = createServer()
    onTestFinished(() => void other.close())
    const started = start(async (runDir) => {
      path = join(runDir, 'admin.sock')
      other.listen(path)
      await once(other, 'listening')
    })
    await expect(started).rejects.toMatchObject({
      code: 'address-in-use',
      message: expect.stringContaining(path),
    })
    expect(existsSync(path)).toBe(true)
  })

  test('leaves a file alone', async () => {
    const started = start((runDir) => writeFileSync(join(runDir, 'admin.sock'), 'mine'))
    await expect(started).rejects.toMatchObject({ code: 'file-refused' })
  })

  test.runIf(process.getuid?.() === 0)("is not made in another user's folder", async () => {
    const started = start((runDir) => chownSync(runDir, 12345, 12345))
    await expect(started).rejects.toMatchObject({ code: 'state-refused' })
  })

  test('is not made where others may write', async () => {
    const started = start((runDir) => chmodSync(runDir, 0o777))
    await expect(started).rejects.toMatchObject({ code: 'state-refused' })
  })
})

describe('a start', () => {
  async function start(
    prepare: (dir: string) => unknown,
    at = { listen: '127.0.0.1:0', admin: '127.0.0.1:0' },
  ) {
    const dir = testFolder()
    await writeCentre(join(dir, 'config'), {})
    await prepare(dir)
    const log = makeLog({ stdout: new KeptStream(), stderr: new KeptStream(), env: {} })
    const serving = await startServer({
      configDir: join(dir, 'config'),
      stateDir: join(dir, 'state'),
      runDir: join(dir, 'run'),
      log,
      at,
    })
    onTestFinished(() => serving.close())
    return serving
  }

  test('where a port is taken names it', async () => {
    const server = await startTestServer()
    const at = { listen: server.join, admin: '127.0.0.1:0' }
    await expect(start(() => {}, at)).rejects.toMatchObject({
      code: 'address-in-use',
      message: `"${server.join}" is in use`,
    })
  })

  test('at an address of another machine says so', async () => {
    const at = { listen: '192.0.2.1:8443', admin: '127.0.0.1:0' }
    await expect(start(() => {}, at)).rejects.toMatchObject({ code: 'address-refused' })
  })

  test('without a configuration says so', async () => {
    const log = makeLog({ stdout: new KeptStream(), stderr: new KeptStream(), env: {} })
    const dir = testFolder()
    const started = startServer({ configDir: join(dir, 'none'), stateDir: dir, runDir: dir, log })
    await expect(started).rejects.toMatchObject({ code: 'config-missing' })
  })

  test.each([
    ['node-ca.key', 'keys-unreadable', 'node authority'],
    ['hub-ca.crt', 'keys-unreadable', 'hub authority'],
    ['links.secret', 'config-invalid', 'link secret'],
  ])('with a broken %s is %s and names it', async (name, code, message) => {
    const broken = start((dir) => writeFileSync(join(dir, 'config/keys', name), 'none'))
    await expect(broken).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
  })

  test('with a store that cannot be opened says so', async () => {
    const started = start((dir) => {
      mkdirSync(join(dir, 'state/server/store.db'), { recursive: true, mode: 0o700 })
      chmodSync(join(dir, 'state/server'), 0o700)
    })
    await expect(started).rejects.toMatchObject({ code: 'store-unavailable' })
  })

  test('beside another server on the same folder is refused, until that one ends', async () => {
    const first = await startTestServer()
    const log = makeLog({ stdout: new KeptStream(), stderr: new KeptStream(), env: {} })
    const at = { listen: '127.0.0.1:0', admin: '127.0.0.1:0' }
    const again = () => startServer({ ...first, runDir: testFolder(), log, at })
    await expect(again()).rejects.toMatchObject({ code: 'busy' })
    await first.close()
    const second = await again()
    await second.close()
  })

  test('with a folder that others can read is refused', async () => {
    const started = start((dir) => {
      mkdirSync(join(dir, 'state/server'), { recursive: true })
      chmodSync(join(dir, 'state/server'), 0o755)
    })
    await expect(started).rejects.toMatchObject({ code: 'state-refused' })
  })
})
