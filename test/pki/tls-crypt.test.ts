import { execFileSync } from 'node:child_process'
import { createDecipheriv, createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { pinOf } from '../../src/pki/pin.ts'
import { createTlsCryptClientKey, createTlsCryptKey } from '../../src/pki/tls-crypt.ts'
import { createAuthorities, createPerson } from './people.ts'

const folder = mkdtempSync(join(tmpdir(), 'dynfarm-tls-crypt-'))
afterAll(() => rmSync(folder, { recursive: true }))

const now = new Date('2026-01-02T03:04:05.678Z')

test('OpenVPN makes client keys with our server key, which unwrap to what they hold', () => {
  const server = createTlsCryptKey()
  writeFileSync(join(folder, 'server'), server, { mode: 0o600 })
  const file = join(folder, 'client')
  const make = ['--tls-crypt-v2', join(folder, 'server'), '--genkey', 'tls-crypt-v2-client', file]
  execFileSync('openvpn', make, { stdio: 'ignore' })
  const { key, wrapped } = readClient(readFileSync(file, 'utf8'))
  expect(unwrap(server, wrapped).subarray(0, 256).equals(key)).toBe(true)
})

test('a client key holds itself, wrapped with a server key of OpenVPN, and when it was made', () => {
  const file = join(folder, 'foreign')
  execFileSync('openvpn', ['--genkey', 'tls-crypt-v2-server', file], { stdio: 'ignore' })
  const server = readFileSync(file, 'utf8')
  const { key, wrapped } = readClient(createTlsCryptClientKey(server, now))
  const secret = unwrap(server, wrapped)
  expect(secret.subarray(0, 256).equals(key)).toBe(true)
  expect(secret.readUInt8(256)).toBe(1)
  expect(secret.readBigUInt64BE(257)).toBe(1767323045n)
  expect(secret).toHaveLength(265)
  expect(wrapped.readUInt16BE(wrapped.length - 2)).toBe(wrapped.length)
})

test('no two keys are alike', () => {
  expect(createTlsCryptKey()).not.toBe(createTlsCryptKey())
  const server = createTlsCryptKey()
  expect(createTlsCryptClientKey(server, now)).not.toBe(createTlsCryptClientKey(server, now))
})

test.each([
  ['nothing', ''],
  ['a client key', createTlsCryptClientKey(createTlsCryptKey(), now)],
  ['a key cut short', createTlsCryptKey().replace(/\n.{64}\n/, '\n')],
  ['text before the key', `x\n${createTlsCryptKey()}`],
])('%s is no server key, and the error does not show it', (_, text) => {
  const error = catchError(() => createTlsCryptClientKey(text, now))
  expect(error).toMatchObject({ code: 'config-invalid' })
  expect(String(error)).toBe('DynfarmError: the tls-crypt-v2 key of a hub is damaged')
})

test('a pin is the id and the fingerprint of one certificate', async () => {
  const authorities = await createAuthorities(now)
  const { certificate, id } = await createPerson(authorities, { role: 'hub', now })
  const shown = execFileSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], {
    input: certificate,
    encoding: 'utf8',
  })
  expect(pinOf(certificate)).toEqual({ id, fingerprint: shown.trim().split('=')[1] })
})

function readClient(pem: string) {
  expect(pem).toMatch(/^-----BEGIN OpenVPN tls-crypt-v2 client key-----\n/)
  const bytes = bytesOf(pem)
  return { key: bytes.subarray(0, 256), wrapped: bytes.subarray(256) }
}

/** As doc/tls-crypt-v2.txt of OpenVPN says it. */
function unwrap(server: string, wrapped: Buffer): Buffer {
  const key = bytesOf(server)
  const [tag, rest] = [wrapped.subarray(0, 32), wrapped.subarray(32, -2)]
  const cipher = createDecipheriv('aes-256-ctr', key.subarray(0, 32), tag.subarray(0, 16))
  const secret = Buffer.concat([cipher.update(rest), cipher.final()])
  const mac = createHmac('sha256', key.subarray(64, 96)).update(wrapped.subarray(-2)).update(secret)
  expect(mac.digest().equals(tag)).toBe(true)
  return secret
}

function bytesOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64')
}

function catchError(work: () => unknown): unknown {
  try {
    work()
  } catch (error) {
    return error
  }
  return undefined
}
