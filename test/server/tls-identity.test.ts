import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { describe, expect, onTestFinished, test } from 'vitest'
import { publicKeyHash } from '../../src/pki/public-key.ts'
import { checkServerChain } from '../../src/pki/server-chain.ts'
import { loadKeys } from '../../src/server/keys.ts'
import { openTlsIdentities } from '../../src/server/tls-identities.ts'
import { testFolder } from '../fakes/folder.ts'
import { ask, portOf } from './client.ts'
import { centre, startTestServer, type TestServer, writeProfile } from './test-server.ts'

interface Given {
  chain: string
  key: string
  authority: string
}

/** A certificate as a public authority would issue it. */
function issue(name = 'IP:127.0.0.1'): Given {
  const dir = testFolder()
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  openssl(
    'req',
    '-x509',
    ...key,
    '-keyout',
    'ca.key',
    '-out',
    'ca.crt',
    '-subj',
    '/CN=Public CA',
    '-days',
    '90',
  )
  openssl('req', ...key, '-keyout', 'own.key', '-out', 'own.csr', '-subj', '/CN=server')
  writeFileSync(join(dir, 'ext'), `subjectAltName=${name}\n`)
  const issuer = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', '30']
  openssl('x509', '-req', '-in', 'own.csr', ...issuer, '-out', 'own.crt', '-extfile', 'ext')
  const read = (file: string) => readFileSync(join(dir, file), 'utf8')
  const authority = read('ca.crt')
  return { chain: read('own.crt') + authority, key: read('own.key'), authority }
}

const named = { certificate: { chain: 'keys/server.pem', key: 'keys/server.key' } }

function put(server: TestServer, { chain, key }: Given): void {
  writeFileSync(join(server.configDir, 'keys/server.pem'), chain)
  writeFileSync(join(server.configDir, 'keys/server.key'), key, { mode: 0o600 })
  writeProfile(server.configDir, { ...centre, server: { ...centre.server, ...named } })
}

const reload = (server: TestServer) =>
  ask(server, { on: 'socket', method: 'POST', path: '/v1/reload' })

async function issuerShown(server: TestServer): Promise<string | undefined> {
  const socket = connect({
    host: '127.0.0.1',
    port: portOf(server, 'join'),
    rejectUnauthorized: false,
  })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  return socket.getPeerX509Certificate()?.issuer
}

describe("a certificate of the administrator's own", () => {
  test('is shown, and its authority is pinned beside the own one', async () => {
    const server = await startTestServer()
    const { keys } = server.server
    const own = publicKeyHash(server.keys.authorities.server.certificate).toString('hex')
    expect([keys.pin, keys.pins]).toEqual([own, [own]])
    const given = issue()
    put(server, given)
    expect((await reload(server)).status).toBe(200)
    const theirs = publicKeyHash(given.authority).toString('hex')
    expect([keys.pin, keys.pins]).toEqual([theirs, [theirs, own]])
    expect(await issuerShown(server)).toBe('CN=Public CA')
  })

  test('with a key that others can read is refused, and the old one stays', async () => {
    const server = await startTestServer()
    put(server, issue())
    chmodSync(join(server.configDir, 'keys/server.key'), 0o644)
    const { status, json } = await reload(server)
    expect([status, json.problems.join()]).toEqual([
      422,
      expect.stringContaining('others have access'),
    ])
    expect(await issuerShown(server)).toContain('example server CA')
  })

  test('that does not fit is refused by name', async () => {
    const server = await startTestServer()
    put(server, issue('DNS:other.example.org'))
    const { status, json } = await reload(server)
    expect([status, json.problems]).toEqual([
      422,
      ['centre.yaml: server/certificate: the certificate is not for "127.0.0.1"'],
    ])
  })
})

describe('a chain', () => {
  const urls = ['https://127.0.0.1:8443']
  const now = new Date()

  test('that is whole gives the hash of its authority', () => {
    const given = issue()
    const value = publicKeyHash(given.authority).toString('hex')
    expect(checkServerChain({ ...given, urls, now })).toEqual({ value })
  })

  test.each([
    ['nothing', { chain: '' }, 'does not follow'],
    ['no authority', 'alone', 'does not follow'],
    ['another authority', 'other', 'not of the authority'],
    ['another key', 'key', 'of another certificate'],
    ['no key', { key: 'x' }, 'cannot be read'],
    [
      'no certificate',
      { chain: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' },
      'cannot be read',
    ],
    ['an end in the past', { now: new Date(Date.now() + 40 * 24 * 3600 * 1000) }, 'has expired'],
    ['another name', { urls: ['https://a.example.org'] }, 'not for "a.example.org"'],
    ['another address', { urls: [...urls, 'https://[::1]:8443'] }, 'not for "[::1]"'],
  ] as const)('with %s is refused', (_what, over, why) => {
    const [given, other] = [issue(), issue()]
    const [own = ''] = given.chain.split(/(?<=-----END CERTIFICATE-----\n)/)
    const changed = {
      alone: { chain: own },
      other: { chain: own + other.authority },
      key: { key: other.key },
    }
    const shown = { ...given, urls, now, ...(typeof over === 'string' ? changed[over] : over) }
    expect(checkServerChain(shown)).toEqual({ refused: expect.stringContaining(why) })
  })
})

test('the own certificate is renewed before it ends, and shown from then on', async () => {
  const server = await startTestServer()
  let now = Date.now()
  const held = await loadKeys(server.configDir)
  const profile = server.server.profile()
  const identities = await openTlsIdentities(held, { profile, now: () => now })
  const first = identities.current()
  const seen: string[] = []
  const end = identities.onChange(({ certificate }) => seen.push(certificate))
  const day = 24 * 3600 * 1000
  now += 260 * day
  await identities.renew(profile)
  expect([identities.current(), seen]).toEqual([first, []])
  now += 10 * day
  await identities.renew(profile)
  expect(seen).toEqual([identities.current().certificate])
  const { validToDate } = new X509Certificate(identities.current().certificate)
  expect(validToDate.getTime()).toBeGreaterThan(now + 390 * day)
  end()
})
