import { execFileSync } from 'node:child_process'
import { createDecipheriv, createHmac } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { tlsCryptClientKey, tlsCryptServerKey, tlsCryptSharedKey } from '../../src/pki/tls-crypt.ts'

const folder = mkdtempSync(join(tmpdir(), 'dynfarm-tls-crypt-'))
afterAll(() => rmSync(folder, { recursive: true }))

const secret = Buffer.alloc(32, 7)
const other = Buffer.alloc(32, 8)
const ends = { tunnel: 'udp', node: 'node-1' }

test('OpenVPN makes client keys with our server key, which unwrap to what they hold', () => {
  const server = tlsCryptServerKey(secret, 'udp')
  writeFileSync(join(folder, 'server'), server, { mode: 0o600 })
  const file = join(folder, 'client')
  const make = ['--tls-crypt-v2', join(folder, 'server'), '--genkey', 'tls-crypt-v2-client', file]
  execFileSync('openvpn', make, { stdio: 'ignore' })
  const { key, wrapped } = readClient(readFileSync(file, 'utf8'))
  expect(unwrap(server, wrapped).subarray(0, 256).equals(key)).toBe(true)
})

test('a client key holds itself, wrapped with the server key of its tunnel', () => {
  const { key, wrapped } = readClient(tlsCryptClientKey(secret, ends))
  expect(unwrap(tlsCryptServerKey(secret, 'udp'), wrapped).equals(key)).toBe(true)
  expect(wrapped.readUInt16BE(wrapped.length - 2)).toBe(wrapped.length)
})

test('the shared key has the form that OpenVPN gives its own', () => {
  const file = join(folder, 'shared')
  execFileSync('openvpn', ['--genkey', 'secret', file], { stdio: 'ignore' })
  const form = (text: string) => text.replace(/^#.*\n/gm, '').replace(/[0-9a-f]/g, '0')
  expect(form(tlsCryptSharedKey(secret, 'udp'))).toBe(form(readFileSync(file, 'utf8')))
})

test('a key is the same each time, and of no two centres, tunnels or nodes', () => {
  const client = (centre: Uint8Array, change: object = {}) =>
    tlsCryptClientKey(centre, { ...ends, ...change })
  const keys = [
    ...[client(secret), client(other), client(secret, { tunnel: 'tcp' })],
    client(secret, { node: 'node-2' }),
    ...[secret, other].flatMap((centre) =>
      ['udp', 'tcp'].flatMap((tunnel) => [
        tlsCryptServerKey(centre, tunnel),
        tlsCryptSharedKey(centre, tunnel),
      ]),
    ),
  ]
  expect(new Set(keys).size).toBe(12)
  expect(client(secret)).toBe(keys[0])
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
  const held = Buffer.concat([cipher.update(rest), cipher.final()])
  const mac = createHmac('sha256', key.subarray(64, 96)).update(wrapped.subarray(-2)).update(held)
  expect(mac.digest().equals(tag)).toBe(true)
  return held
}

function bytesOf(pem: string): Buffer {
  return Buffer.from(pem.replace(/-----.*-----/g, ''), 'base64')
}
