import { describe, expect, test } from 'vitest'
import { checkEc2 } from '../../src/pki/ec2.ts'
import { makeSigner } from './ec2-signer.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const signer = makeSigner()
const stranger = makeSigner()

const facts = {
  accountId: '123456789012',
  region: 'eu-west-1',
  instanceId: 'i-1',
  pendingTime: '2026-03-01T11:55:00Z',
  version: '2017-09-30',
}

const expected = {
  certificates: signer.certificate,
  accounts: ['123456789012'],
  regions: ['eu-west-1', 'eu-west-2'],
  instanceId: 'i-1',
  now,
  maxAgeMs: 600_000,
}

const check = (change: object = {}, over: Partial<typeof expected> = {}) =>
  checkEc2(signer.sign(JSON.stringify({ ...facts, ...change })), { ...expected, ...over })

describe('an identity document', () => {
  test('that is signed says who the instance is', () => {
    expect(check()).toEqual({
      value: {
        account: '123456789012',
        region: 'eu-west-1',
        instanceId: 'i-1',
        started: Date.parse('2026-03-01T11:55:00Z'),
      },
    })
  })

  test('may be signed by any of several regions', () => {
    const certificates = stranger.certificate + signer.certificate
    expect(check({}, { certificates })).toHaveProperty('value')
  })

  test.each([
    ['other-account', { accountId: '123456789013' }, {}],
    ['other-account', { accountId: '' }, {}],
    ['other-region', { region: 'us-east-1' }, {}],
    ['other-instance', { instanceId: 'i-2' }, {}],
    ['other-instance', {}, { instanceId: '' }],
    ['too-old', { pendingTime: '2026-03-01T11:49:59Z' }, {}],
    ['not-yet-valid', { pendingTime: '2026-03-01T12:05:01Z' }, {}],
    ['malformed', { accountId: 123456789012 }, {}],
    ['malformed', { pendingTime: 'yesterday' }, {}],
    ['malformed', { pendingTime: 1 }, {}],
    ['malformed', { region: null }, {}],
    ['malformed', { instanceId: ['i-1'] }, {}],
    ['wrong-signature', {}, { certificates: stranger.certificate }],
    ['wrong-signature', {}, { certificates: '' }],
  ])('is refused as %s: %j %j', (refused, change, over) => {
    expect(check(change, over)).toEqual({ refused })
  })

  test('at the ends of its age is good', () => {
    expect(check({ pendingTime: '2026-03-01T11:50:00Z' })).toHaveProperty('value')
    expect(check({ pendingTime: '2026-03-01T12:05:00Z' })).toHaveProperty('value')
  })

  test('that was changed in a byte, or whose signature was, is refused', () => {
    const { document, signature } = signer.sign(JSON.stringify(facts))
    const changed = [
      { document: `${document} `, signature },
      { document: document.replace('i-1', 'i-2'), signature },
      { document, signature: `A${signature.slice(1)}` },
      { document, signature: '' },
      { document: '', signature },
    ]
    for (const proof of changed)
      expect(checkEc2(proof, expected)).toEqual({ refused: 'wrong-signature' })
  })

  test('that is signed and no document is refused', () => {
    for (const text of ['null', '[]', '"x"', '{', ''])
      expect(checkEc2(signer.sign(text), expected)).toEqual({ refused: 'malformed' })
  })

  test('is not believed for a key of another kind', () => {
    const { certificate: certificates, ...other } = makeSigner([
      ...['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
    ])
    expect(checkEc2(other.sign(JSON.stringify(facts)), { ...expected, certificates })).toEqual({
      refused: 'wrong-signature',
    })
  })
})
