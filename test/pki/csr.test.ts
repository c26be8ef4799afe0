import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkCsr, createCsr, createKey } from '../../src/pki/csr.ts'
import { readElements, renderElement } from '../../src/pki/der.ts'

const key = await createKey()
const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
const csr = createCsr(key)

describe('a certificate request', () => {
  it('gives the public key of who signed it', () => {
    expect(checkCsr(csr)).toEqual({ value: spki })
  })

  it('is what openssl takes for one', () => {
    const said = openssl(['req', '-inform', 'der', '-noout', '-verify', '-subject'], csr)
    expect(said.toString()).toBe('subject=\n')
  })

  it('may come from openssl', () => {
    expect(checkCsr(request(key, '-subj', '/'))).toEqual({ value: spki })
  })

  it.each([
    ['a subject', ['-subj', '/CN=aruba-1'], 'has-subject'],
    ['an extension', ['-subj', '/', '-addext', 'subjectAltName=DNS:a'], 'has-attributes'],
    ['another hash', ['-subj', '/', '-sha384'], 'wrong-signature'],
  ])('from openssl with %s is refused', (_, more, refused) => {
    expect(checkCsr(request(key, ...more))).toEqual({ refused })
  })

  it.each([
    ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
    ['secp256k1', generateKeyPairSync('ec', { namedCurve: 'secp256k1' })],
    [
      'explicit parameters',
      generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' }),
    ],
    ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
    ['Ed25519', generateKeyPairSync('ed25519')],
  ])('for a key of another kind is refused: %s', (_, { privateKey }) => {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    expect(checkCsr(request(pem, '-subj', '/'))).toEqual({ refused: 'wrong-key' })
  })

  it('for a point off the curve, or one in another form, is refused', () => {
    const off = Buffer.from(spki)
    off.writeUInt8(off.readUInt8(90) ^ 1, 90)
    const compressed = Buffer.from(
      `3039301306072a8648ce3d020106082a8648ce3d03010703220002${spki.toString('hex', 27, 59)}`,
      'hex',
    )
    const hybrid = Buffer.from(spki)
    hybrid.writeUInt8(6 + (spki.readUInt8(90) & 1), 26)
    expect(checkCsr(withKey(off))).toEqual({ refused: 'wrong-key' })
    expect(checkCsr(withKey(compressed))).toEqual({ refused: 'wrong-key' })
    expect(checkCsr(withKey(hybrid))).toEqual({ refused: 'wrong-key' })
  })

  it("for somebody else's key is refused", async () => {
    const other = createPublicKey(await createKey()).export({ type: 'spki', format: 'der' })
    expect(checkCsr(withKey(other))).toEqual({ refused: 'wrong-signature' })
  })

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['PEM', Buffer.from('-----BEGIN CERTIFICATE REQUEST-----')],
    ['its own end missing', csr.subarray(0, -1)],
    ['something after it', Buffer.concat([csr, Buffer.from([0])])],
    [
      'a length longer than needed',
      Buffer.concat([Buffer.from([0x30, 0x82, 0x00]), csr.subarray(2)]),
    ],
    ['a length without end', Buffer.concat([Buffer.from([0x30, 0x80]), csr.subarray(3)])],
    ['too much', Buffer.alloc(2049, csr)],
  ])('that is %s is malformed', (_, der) => {
    expect(checkCsr(der)).toEqual({ refused: 'malformed' })
  })

  it('is refused after every change of one bit', () => {
    for (let bit = 0; bit < csr.length * 8; bit++) {
      const changed = Buffer.from(csr)
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
      expect(checkCsr(changed), `bit ${bit}`).toHaveProperty('refused')
    }
  })

  it('is refused, not stumbled over, whatever it is', () => {
    const anyDer = fc.letrec<{ element: Buffer; list: Buffer[] }>((tie) => ({
      element: fc.oneof(
        { maxDepth: 6 },
        fc.tuple(fc.nat(255), fc.uint8Array()).map(([tag, content]) => renderElement(tag, content)),
        fc
          .tuple(fc.constantFrom(0x30, 0x31, 0xa0), tie('list'))
          .map(([tag, list]) => renderElement(tag, ...list)),
      ),
      list: fc.array(tie('element'), { maxLength: 4 }),
    })).element
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), anyDer), (der) => {
        expect(checkCsr(der)).toHaveProperty('refused')
      }),
    )
  })
})

describe('DER', () => {
  it.each([
    '30',
    '3001',
    '308000',
    '30810100',
    `30817f${'00'.repeat(127)}`,
    `3082007f${'00'.repeat(127)}`,
    '30830000ff',
    '0500ff',
  ])('is not %s', (hex) => {
    expect(readElements(Buffer.from(hex, 'hex'))).toBeUndefined()
  })

  it.each([0, 1, 127, 128, 255, 256, 65_535])('of %d bytes is read back', (length) => {
    const content = Buffer.alloc(length, 0xa5)
    expect(readElements(renderElement(0x04, content))).toEqual([
      { tag: 0x04, content, whole: renderElement(0x04, content) },
    ])
  })
})

/** The request of the test's own key, naming another one. */
function withKey(publicKey: Buffer): Buffer {
  const info = renderElement(
    0x30,
    ...[Buffer.from('0201003000', 'hex'), publicKey, Buffer.from('a000', 'hex')],
  )
  const signature = renderElement(0x03, Buffer.from([0]), sign('sha256', info, key))
  return renderElement(0x30, info, Buffer.from('300a06082a8648ce3d040302', 'hex'), signature)
}

/** openssl reads a key from files only. */
function request(privateKey: string, ...more: string[]): Buffer {
  const dir = mkdtempSync(join(tmpdir(), 'dynfarm-csr-'))
  try {
    writeFileSync(join(dir, 'key.pem'), privateKey, { mode: 0o600 })
    return openssl(['req', '-new', '-key', join(dir, 'key.pem'), '-outform', 'der', ...more])
  } finally {
    rmSync(dir, { recursive: true })
  }
}

function openssl(argv: string[], input?: Buffer): Buffer {
  return execFileSync('openssl', argv, {
    ...(input && { input }),
    stdio: ['pipe', 'pipe', 'ignore'],
  })
}
