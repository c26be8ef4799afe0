import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkManifest, type ManifestExpected, signManifest } from '../../src/pki/manifest.ts'
import type { Manifest } from '../../src/pki/manifest-facts.ts'
import { createReleaseKey } from '../../src/pki/release-key.ts'
import { parseFacts, signStatement } from '../../src/pki/statement.ts'

const key = createReleaseKey()
const manifest: Manifest = {
  centre: 'example',
  version: '1.3.0',
  platform: 'linux-x64',
  hash: 'ab'.repeat(32),
  size: 130_000_000,
  issued: new Date('2026-03-01T12:00:00Z'),
  expiry: new Date('2026-06-01T12:00:00Z'),
  minimum: '1.1.0',
  downgrade: false,
}
const expected: ManifestExpected = {
  key: key.public,
  centre: 'example',
  platform: 'linux-x64',
  version: '1.3.0',
  now: new Date('2026-03-02T12:00:00Z'),
  running: '1.2.0',
}
const signed = signManifest(manifest, key.private)

describe('a release manifest', () => {
  it('is read back as it was signed', () => {
    expect(checkManifest(signed, expected)).toEqual({ value: manifest })
  })

  it('has one spelling', () => {
    expect(signed.text).toBe(
      `{"centre":"example","downgrade":false,"expiry":"2026-06-01T12:00:00Z","hash":"${'ab'.repeat(32)}","issued":"2026-03-01T12:00:00Z","minimum":"1.1.0","platform":"linux-x64","size":130000000,"version":"1.3.0"}`,
    )
  })

  const late = new Date('2026-06-01T12:00:01Z')
  it.each<[string, Partial<ManifestExpected>, string]>([
    ['of another centre', { centre: 'other' }, 'relabelled'],
    ['for another platform', { platform: 'linux-arm64' }, 'relabelled'],
    ['of another version', { version: '1.4.0' }, 'relabelled'],
    ['pinned to another key', { key: createReleaseKey().public }, 'wrong-signature'],
    ['signed tomorrow', { now: new Date('2026-02-28T11:59:59Z') }, 'not-yet-valid'],
    ['older than one accepted', { newest: new Date('2026-03-01T12:00:01Z') }, 'replayed'],
    ['out of date', { now: late }, 'expired'],
    ['out of date and no news', { now: late, running: '1.3.0' }, 'frozen'],
    ['older than what runs', { running: '1.3.1' }, 'downgrade'],
    ['too new for what runs', { running: '1.0.9' }, 'too-old'],
  ])('%s is refused', (_, other, refused) => {
    expect(checkManifest(signed, { ...expected, ...other })).toEqual({ refused })
  })

  it.each<[string, Partial<ManifestExpected>]>([
    ['that was accepted before', { newest: manifest.issued }],
    ['of the version that runs', { running: '1.3.0' }],
    ['at its last second', { now: manifest.expiry }],
    ['while the clock is a little behind', { now: new Date('2026-02-28T12:00:00Z') }],
  ])('%s is accepted', (_, other) => {
    expect(checkManifest(signed, { ...expected, ...other })).toEqual({ value: manifest })
  })

  it('leads back to an older version when it says so', () => {
    const back = signManifest({ ...manifest, downgrade: true }, key.private)
    expect(checkManifest(back, { ...expected, running: '2.0.0' })).toHaveProperty('value')
  })

  it('may know more than this version does', () => {
    const facts = { ...JSON.parse(signed.text), 'a-fact-of-later': 'x' }
    const later = signStatement('release', facts, key.private)
    expect(checkManifest(later, expected)).toEqual({ value: manifest })
  })

  it.each<[string, string | number | boolean]>([
    ['version', '1.3'],
    ['hash', 'AB'.repeat(32)],
    ['size', 0.5],
    ['size', -1],
    ['issued', '2026-02-30T12:00:00Z'],
    ['expiry', '2026-06-01'],
    ['downgrade', 'false'],
    ['platform', '../x'],
    ['minimum', ''],
  ])('whose %s is %j is malformed, in spite of its signature', (fact, value) => {
    const odd = signStatement('release', { ...JSON.parse(signed.text), [fact]: value }, key.private)
    expect(checkManifest(odd, expected)).toEqual({ refused: 'malformed' })
  })

  it('is not signed when nobody could read it', () => {
    expect(() => signManifest({ ...manifest, version: 'latest' }, key.private)).toThrow(
      'no manifest can have these facts',
    )
  })

  it('is refused after every change of its text', () => {
    fc.assert(
      fc.property(fc.nat(signed.text.length - 1), fc.string({ maxLength: 2 }), (at, put) => {
        const text = signed.text.slice(0, at) + put + signed.text.slice(at + 1)
        fc.pre(text !== signed.text)
        expect(checkManifest({ ...signed, text }, expected)).toEqual({ refused: 'wrong-signature' })
      }),
    )
  })

  it('is not a rotation', () => {
    const other = signStatement('rotation', JSON.parse(signed.text), key.private)
    expect(checkManifest(other, expected)).toEqual({ refused: 'wrong-signature' })
  })

  it('is refused, not stumbled over, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, signature) => {
        expect(checkManifest({ text, signature }, expected)).toEqual({ refused: 'wrong-signature' })
      }),
    )
  })
})

describe('the facts of a statement', () => {
  it.each([
    ...['', 'null', '[]', '1', '{"a":null}', '{"a":{}}', '{"a":[1]}', '{ "a":1}', '{"a":1,"a":2}'],
    ...['{"b":1,"a":2}', '{"a":1}\n', '{"a":1e0}', `{"a":"${'x'.repeat(4096)}"}`],
  ])('have one spelling, which is not %j', (text) => {
    expect(parseFacts(text)).toBeUndefined()
  })

  it('may have any names', () => {
    expect(parseFacts('{"__proto__":1,"a":"b","c":true}')).toBeDefined()
  })
})
