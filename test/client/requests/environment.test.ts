import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthorities, createPerson } from '../../pki/people.ts'
import { now, pin, type Started, startRaw, startTls, type TlsServer } from './servers.ts'

const run = promisify(execFile)
const script = join(import.meta.dirname, 'ask-once.ts')

let dir: string
let server: TlsServer
let impostor: TlsServer
let proxy: Started & { used: number }
let environments: Record<string, () => NodeJS.ProcessEnv>

beforeAll(async () => {
  const others = await createAuthorities(now)
  const other = await createPerson(others, { role: 'server', now })
  const chain = other.certificate + others.server.certificate
  server = await startTls()
  impostor = await startTls({ shown: { key: other.key, chain } })
  const seen = { used: 0 }
  const { port, url, close } = await startRaw((socket) => {
    seen.used++
    socket.end('HTTP/1.1 403 No\r\n\r\n')
  })
  proxy = Object.assign(seen, { port, url, close })
  dir = mkdtempSync(join(tmpdir(), 'dynfarm-environment-'))
  const ca = join(dir, 'ca.crt')
  writeFileSync(ca, others.server.certificate)
  const through = `http://127.0.0.1:${port}`
  environments = {
    NODE_EXTRA_CA_CERTS: () => ({ NODE_EXTRA_CA_CERTS: ca }),
    NODE_TLS_REJECT_UNAUTHORIZED: () => ({ NODE_TLS_REJECT_UNAUTHORIZED: '0' }),
    SSL_CERT_FILE: () => ({ SSL_CERT_FILE: ca, NODE_OPTIONS: '--use-openssl-ca' }),
    NODE_OPTIONS: () => ({ NODE_OPTIONS: '--tls-min-v1.0 --insecure-http-parser --use-system-ca' }),
    HTTPS_PROXY: () => ({
      ...{ HTTP_PROXY: through, HTTPS_PROXY: through, ALL_PROXY: through },
      ...{ http_proxy: through, https_proxy: through, NODE_USE_ENV_PROXY: '1' },
    }),
  }
})
afterAll(async () => {
  rmSync(dir, { recursive: true })
  await Promise.all([server.close(), impostor.close(), proxy.close()])
})

const names = [
  'NODE_EXTRA_CA_CERTS',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'SSL_CERT_FILE',
  'NODE_OPTIONS',
  'HTTPS_PROXY',
]

describe.each(names)('%s in the environment', (name) => {
  it('makes no impostor trusted, and no server distrusted', async () => {
    expect(await askIn(name, impostor.url)).toBe('server-not-trusted')
    expect(await askIn(name, server.url)).toBe('answered')
    expect(impostor.requests).toEqual([])
    expect(proxy.used).toBe(0)
  })
})

it('NODE_OPTIONS makes the reading of HTTP no laxer', async () => {
  const body = '{"ok":true,"time":1}'
  const sloppy = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\na: \x01\r\n\r\n${body}`
  const server = await startTls({ answer: (_, response) => void response.socket?.end(sloppy) })
  expect(await askIn('NODE_OPTIONS', server.url)).toBe('server-unreachable')
  await server.close()
})

it('NODE_OPTIONS lets no earlier TLS in', async () => {
  const old = await startTls({ maxVersion: 'TLSv1.2' })
  expect(await askIn('NODE_OPTIONS', old.url)).toBe('server-unreachable')
  await old.close()
})

async function askIn(name: string, url: string): Promise<string> {
  const env = { PATH: process.env['PATH'], ...environments[name]?.() }
  const { stdout } = await run(process.execPath, [script, url, pin], { env, timeout: 30_000 })
  return stdout.trim()
}
