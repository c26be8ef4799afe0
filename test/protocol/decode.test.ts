import { describe, expect, it } from 'vitest'
import type { EndpointName } from '../../src/protocol/endpoints.ts'
import { decodeAnswer, decodeQuery, decodeRequest } from '../../src/protocol/messages.ts'
import { joinRequest, report } from './examples.ts'

describe('a join request', () => {
  it('is taken as it is', () => {
    expect(decodeRequest('join', parsed(joinRequest))).toEqual({ value: joinRequest })
  })

  it.each<[string, unknown, string, string]>([
    ['/token', undefined, '', ''],
    ['/token', 'dft', '/token', 'is not a token'],
    ['/token', null, '/token', 'is not of type string'],
    ['/slot', 7, '/slot', 'is unknown here'],
    ['/__proto__', {}, '/__proto__', 'is unknown here'],
    ['/facts/later', { any: 'thing' }, '', ''],
    ['/facts/__proto__', { any: 'thing' }, '', ''],
    ['/facts', undefined, '/facts', 'is missing'],
    ['/facts', [], '/facts', 'is not of type object'],
    ['/facts/hostname', 'a\nb', '/facts/hostname', 'is not a fact of letters, digits and ._:/@+=-'],
    [
      '/facts/hostname',
      '{{x}}',
      '/facts/hostname',
      'is not a fact of letters, digits and ._:/@+=-',
    ],
    ['/facts/hostname', '<b>', '/facts/hostname', 'is not a fact of letters, digits and ._:/@+=-'],
    ['/facts/hostname', 'a'.repeat(256), '/facts/hostname', 'has more than 255 characters'],
    ['/facts/cpus', 1.5, '/facts/cpus', 'is not of type integer'],
    ['/facts/cpus', -1, '/facts/cpus', 'is below 0'],
    [
      '/facts/addresses',
      Array(65).fill('192.0.2.1'),
      '/facts/addresses',
      'has more than 64 entries',
    ],
    ['/facts/addresses', ['fe80::1%0'], '/facts/addresses/0', 'is not an address'],
    ['/identity/later', 'x', '/identity/later', 'is unknown here'],
    ['/keys/wireguard', `${'A'.repeat(43)}=`, '/keys/wireguard', 'is not a WireGuard public key'],
    ['/keys/csr', 'A'.repeat(2733), '/keys/csr', 'has more than 2732 characters'],
    [
      '/keys/sshHostKeys',
      Array(2).fill(joinRequest.keys.sshHostKeys[0]),
      '/keys/sshHostKeys',
      'has an entry twice',
    ],
    ['/kind', 'service', '/kind', 'is none of machine, hub, job'],
    ['/version', '1.2', '/version', 'is not a version like 1.2.3'],
    ['/x\u001b[2J', 1, '/x\ufffd[2J', 'is unknown here'],
    [`/${'x'.repeat(1000)}`, 1, `/${'x'.repeat(199)}`, 'is unknown here'],
  ])('with %s: %j', (at, value, path, what) => {
    const decoded = decodeRequest('join', parsed(withPart(joinRequest, at, value)))
    if (what === '') expect(decoded).toHaveProperty('value.version', '0.1.0')
    else expect(decoded).toEqual({ fault: { path, what } })
  })

  it('keeps nothing that it does not know', () => {
    const message = withPart(withPart(joinRequest, '/facts/later', 'x'), '/facts/__proto__', {
      a: 1,
    })
    expect(decodeRequest('join', parsed(message))).toStrictEqual({ value: joinRequest })
  })

  it.each([undefined, null, 1, 'x', [], true])('is not %j', (message) => {
    expect(decodeRequest('join', message)).toEqual({
      fault: { path: '/', what: 'is not of type object' },
    })
  })
})

describe('a report', () => {
  it('is cleaned where a machine may say anything', () => {
    const problems = [{ code: 'step-failed', step: 'a\nb', message: 'red: \u001b[31m\nnext\u202e' }]
    const decoded = decodeRequest('report', parsed({ ...report, problems }))
    expect(decoded).toHaveProperty('value.problems', [
      { code: 'step-failed', step: 'a\ufffdb', message: 'red: \ufffd[31m\nnext\ufffd' },
    ])
  })

  it('from a later version is understood as far as it goes', () => {
    const later = { ...report, later: 1, timings: { ...report.timings, later: 1 } }
    expect(decodeRequest('report', parsed(later))).toStrictEqual({ value: report })
  })
})

describe('other messages', () => {
  it('to administrators are strict, so that no limit is lost', () => {
    const token = { role: 'node', site: 'aruba', uses: 1, ttl: 3_600_000, region: 'it' }
    expect(decodeRequest('tokenCreate', token)).toEqual({
      fault: { path: '/region', what: 'is unknown here' },
    })
  })

  it.each<[EndpointName, unknown, object]>([
    ['tokenRevoke', {}, { value: {} }],
    ['leave', undefined, { value: undefined }],
    ['leave', {}, { fault: { path: '/', what: 'is not expected here' } }],
  ])('%s with the body %j', (name, body, expected) => {
    expect(decodeRequest(name, body)).toEqual(expected)
  })

  it.each([
    [{ since: 'e1.17', wait: '30' }, true],
    [{}, true],
    [{ config: 'ab'.repeat(32) }, true],
    [{ config: 'AB' }, false],
    [{ since: 'e1' }, false],
    [{ since: 'e1.017' }, false],
    [{ since: ['e1.17', 'e1.18'] }, false],
    [{ sinse: 'e1.17' }, false],
  ])('a query of the feed may be %j: %s', (query, isRight) => {
    expect('value' in decodeQuery('feed', query)).toBe(isRight)
  })

  it('a feed keeps what is null', () => {
    const node = {
      ...{ id: 'n1', role: 'node', site: 'aruba', class: null, name: 'aruba-7', slot: 7 },
      ...{
        addresses: ['10.200.1.7'],
        state: 'ready',
        certificate: '4f'.repeat(16),
        publicKey: 'ab'.repeat(32),
      },
      ...{
        previousCertificate: null,
        wireguardKey: null,
        sshHostKeys: [],
        created: 1,
        freed: null,
        generation: 3,
      },
    }
    const feed = {
      kind: 'delta',
      time: 5,
      position: 'e1.3',
      nodes: [node],
      hosts: [],
      configHash: '0'.repeat(64),
      seed: false,
    }
    expect(decodeAnswer('feed', parsed({ ...feed, later: true }))).toStrictEqual({ value: feed })
  })
})

/** The message with one part replaced, or taken out. */
function withPart(message: object, path: string, part: unknown): object {
  const [, key = '', ...rest] = path.split('/')
  const copy = new Map(Object.entries(message))
  const inner = rest.length === 0 ? part : withPart(copy.get(key), `/${rest.join('/')}`, part)
  copy.delete(key)
  if (inner !== undefined) copy.set(key, inner)
  return Object.fromEntries(copy)
}

function parsed(message: object): unknown {
  return JSON.parse(JSON.stringify(message))
}
