import { expect, test } from 'vitest'
import { createToken, hashSecret } from '../../../src/pki/token.ts'
import type { TokenRecord } from '../../../src/protocol/records.ts'
import { endOf, knowsSecret, misuseOf } from '../../../src/server/enrol/token.ts'
import { makeToken } from '../../store/records.ts'

const presented = createToken(Buffer.alloc(32))

function tokenOf(over: Partial<TokenRecord> = {}): TokenRecord {
  return { ...makeToken({ sources: [] }), used: 0, revoked: null, closed: null, ...over }
}

test('only its secret is known by a token, and none by no token', () => {
  const token = tokenOf({ secretHash: hashSecret(presented.secret) })
  expect(knowsSecret(presented, token)).toBe(true)
  expect(knowsSecret({ ...presented, secret: Buffer.alloc(32) }, token)).toBe(false)
  expect(knowsSecret(presented, undefined)).toBe(false)
  expect(knowsSecret({ ...presented, secret: Buffer.alloc(32) }, undefined)).toBe(false)
})

test.each<[string | undefined, Partial<TokenRecord>, 'machine' | 'hub' | 'job', string]>([
  [undefined, {}, 'machine', '192.0.2.1'],
  ['token-other-kind', {}, 'job', '192.0.2.1'],
  [undefined, { role: 'job' }, 'job', '192.0.2.1'],
  ['token-other-kind', { role: 'job' }, 'machine', '192.0.2.1'],
  [undefined, { role: 'hub' }, 'machine', '192.0.2.1'],
  ['token-other-kind', { role: 'service' }, 'job', '192.0.2.1'],
  [undefined, { role: 'hub' }, 'hub', '192.0.2.1'],
  ['token-other-kind', { role: 'service' }, 'hub', '192.0.2.1'],
  ['token-other-kind', {}, 'hub', '192.0.2.1'],
  [undefined, { sources: ['192.0.2.0/24'] }, 'machine', '192.0.2.255'],
  ['token-elsewhere', { sources: ['192.0.2.0/24'] }, 'machine', '192.0.3.0'],
  ['token-elsewhere', { sources: ['192.0.2.0/24'] }, 'machine', '::ffff:1'],
  [undefined, { sources: ['192.0.2.0/24', '2001:db8::/32'] }, 'machine', '2001:db8::1'],
  ['token-revoked', { revoked: 1, closed: 1 }, 'job', '192.0.2.1'],
  ['token-closed', { closed: 1 }, 'job', '192.0.2.1'],
])('%s: of a token %j, for a %s from %s', (code, over, kind, address) => {
  expect(misuseOf(tokenOf(over), { kind, address })?.code).toBe(code)
})

test.each<[string | undefined, Partial<TokenRecord>]>([
  [undefined, { expires: 101, uses: 2, used: 1 }],
  ['token-expired', { expires: 100 }],
  ['token-expired', { expires: 99, uses: 2, used: 2 }],
  ['token-used-up', { expires: 101, uses: 2, used: 2 }],
])('%s: at 100, of a token %j', (code, over) => {
  expect(endOf(tokenOf(over), 100)?.code).toBe(code)
})
