import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { expect, it } from 'vitest'
import { createReleaseKey } from '../../src/pki/release-key.ts'

it('makes an Ed25519 pair whose public half verifies what the private half signed', () => {
  const pair = createReleaseKey()
  const manifest = Buffer.from('{"version":"1.2.3"}')
  const signature = sign(null, manifest, createPrivateKey(pair.private))
  const key = createPublicKey(pair.public)
  expect(key.asymmetricKeyType).toBe('ed25519')
  expect(verify(null, manifest, key, signature)).toBe(true)
  expect(verify(null, Buffer.from('{"version":"1.2.4"}'), key, signature)).toBe(false)
})

it('keeps the private half out of the public file', () => {
  const pair = createReleaseKey()
  expect(pair.public).toMatch(/^-----BEGIN PUBLIC KEY-----\n[^-]+\n-----END PUBLIC KEY-----\n$/)
  expect(pair.private).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
})
