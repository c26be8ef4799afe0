import { createPrivateKey, createPublicKey, diffieHellman, generateKeyPairSync } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formats } from '../../src/protocol/formats.ts'
import { cleanLine, cleanText } from '../../src/protocol/hostile.ts'
import { anyText } from './arbitrary.ts'

const ed25519 = 'AAAAC3NzaC1lZDI1NTE5AAAAIGzQ3mPJKxYkb4zBWrIGyHc8yJ0yq6Z8GQv1cJ8dXvB5'

const table: Record<string, { good: string[]; bad: string[] }> = {
  address: {
    good: ['192.0.2.1', 'fd5a::1', '::ffff:192.0.2.1'],
    bad: [
      '',
      '192.0.2',
      '192.0.2.256',
      '192.0.2.01',
      'fe80::1%eth0',
      '[fd5a::1]',
      'a',
      '1.2.3.4\n',
    ],
  },
  network: {
    good: ['10.200.0.0/16', '0.0.0.0/0', 'fd5a::/64', '192.0.2.1/32'],
    bad: [
      '10.200.0.0',
      '10.200.0.1/16',
      '10.200.0.0/33',
      '10.200.0.0/',
      'fd5a::/129',
      '/8',
      '10.0.0.0/8/8',
    ],
  },
  hostname: {
    good: ['ce01.example.org', 'a', '9a', 'A-b'],
    bad: ['', '.', 'a.', '-a', 'a_b', 'a b', 'a\nb', '{{a}}', '<a>', 'a'.repeat(64)],
  },
  'node-path': {
    good: ['/etc/motd', '/a b'],
    bad: ['', '/', 'etc', '/etc/', '/etc//motd', '/etc/../shadow', '/./a', '/a\nb', '/a\0'],
  },
  'wireguard-key': {
    good: ['4Rvy8c6jHAtwaaYhh0g9BuWGUUN2Ku8xsNFJOYXZcRU='],
    bad: [
      '',
      'a',
      '4Rvy8c6jHAtwaaYhh0g9BuWGUUN2Ku8xsNFJOYXZcRV=',
      '4Rvy8c6jHAtwaaYhh0g9BuWGUUN2Ku8xsNFJOYXZcRU',
    ],
  },
  'ssh-key': {
    good: [`ssh-ed25519 ${ed25519}`, 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAACQcHBwcHBwcHBw=='],
    bad: [
      ...['', 'ssh-ed25519', `ssh-rsa ${ed25519}`, `ssh-ed25519 ${ed25519} root@aruba-1`],
      ...[
        `ssh-ed25519 ${ed25519}\n`,
        `ssh-ed25519  ${ed25519}`,
        `ssh-ed25519 ${ed25519.slice(0, -4)}`,
      ],
      ...[`ssh-dss ${ed25519}`, `ssh-ed25519 ${ed25519}AAAA`, ` ${ed25519}`, 'ssh-ed25519 AAAA'],
      ...[
        'ecdsa-sha2-nistp256 AAAAB3NzaC1yc2EAAAADAQABAAAACQcHBwcHBwcHBw==',
        'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAAA==',
      ],
    ],
  },
}

describe.each(Object.entries(table))('%s', (name, { good, bad }) => {
  const isRight = formats[name] ?? (() => undefined)
  it.each(good)('takes %j', (text) => expect(isRight(text)).toBe(true))
  it.each(bad)('refuses %j', (text) => expect(isRight(text)).toBe(false))

  it('is never stumbled over', () => {
    fc.assert(fc.property(fc.string(), (text) => void expect(typeof isRight(text)).toBe('boolean')))
  })
})

it('every format has its table', () => {
  expect(Object.keys(table).sort()).toEqual(Object.keys(formats).sort())
})

describe('a WireGuard key', () => {
  const isKey = formats['wireguard-key'] ?? (() => undefined)
  const weak = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
  ]

  it.each(weak)('that gives all the same secret is refused: %s', (hex) => {
    const { privateKey } = generateKeyPairSync('x25519')
    const spki = Buffer.from(`302a300506032b656e032100${hex}`, 'hex')
    const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' })
    expect(() => diffieHellman({ privateKey, publicKey })).toThrow()
    expect(isKey(base64(hex))).toBe(false)
  })

  it('has one spelling: no bit beyond, no number above the field', () => {
    const key = '4Rvy8c6jHAtwaaYhh0g9BuWGUUN2Ku8xsNFJOYXZcRU='
    const twin = Buffer.from(key, 'base64')
    twin.writeUInt8(twin.readUInt8(31) | 0x80, 31)
    expect(isKey(twin.toString('base64'))).toBe(false)
    expect(isKey(base64(`ef${'ff'.repeat(30)}7f`))).toBe(false)
    expect(isKey(base64(`eb${'ff'.repeat(30)}7f`))).toBe(true)
  })

  it('made by anybody is taken', () => {
    for (let i = 0; i < 20; i++) {
      const { privateKey } = generateKeyPairSync('x25519')
      const key = createPublicKey(
        createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' })),
      )
      const raw = key.export({ format: 'der', type: 'spki' }).subarray(-32)
      expect(isKey(raw.toString('base64'))).toBe(true)
    }
  })

  function base64(hex: string): string {
    return Buffer.from(hex, 'hex').toString('base64')
  }
})

describe('hostile text', () => {
  const nasty = 'a\u001b[2J\u0007\r\u0085\u202eb\u2066\u2028\ufeff\u200b\ud800\u{e0041}c'
  const cleaned = `a\ufffd[2J${'\ufffd'.repeat(4)}b${'\ufffd'.repeat(6)}c`

  it('loses what cannot be seen', () => {
    expect(cleanLine(nasty)).toBe(cleaned)
    expect(cleanText(nasty)).toBe(cleaned)
  })

  it('keeps its lines where it may have some', () => {
    expect(cleanLine('one\ntwo\tthree')).toBe('one\ufffdtwo\ufffdthree')
    expect(cleanText('one\ntwo\tthree\r\n')).toBe('one\ntwo\tthree\ufffd\n')
  })

  it('keeps what people write, and never grows', () => {
    expect(cleanLine('Žluťoučký kůň 馬 👍 {{ x }} <b>')).toBe('Žluťoučký kůň 馬 👍 {{ x }} <b>')
    fc.assert(
      fc.property(anyText, (text) => {
        expect(cleanLine(text).length).toBeLessThanOrEqual(text.length)
        expect(cleanLine(cleanLine(text))).toBe(cleanLine(text))
        expect(cleanLine(text).isWellFormed()).toBe(true)
      }),
    )
  })
})
