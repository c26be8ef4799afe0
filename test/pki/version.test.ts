import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  compareVersions,
  goesBefore,
  parseVersion,
  type Version,
  workTogether,
} from '../../src/pki/version.ts'

describe('versions', () => {
  it('are in the order of Semantic Versioning', () => {
    const inOrder = [
      ...['0.9.9', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta'],
      ...['1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.1', '1.2.0', '1.10.0'],
      ...['2.0.0-1', '2.0.0-x', '2.0.0', '10.0.0'],
    ]
    for (const [i, a] of inOrder.entries()) {
      for (const [j, b] of inOrder.entries()) {
        expect(Math.sign(compareVersions(read(a), read(b))), `${a} and ${b}`).toBe(Math.sign(i - j))
      }
    }
  })

  it.each([
    ...['', '1', '1.2', '1.2.3.4', 'v1.2.3', '1.2.3-', '1.2.3-a..b', '01.2.3', '1.2.3-01'],
    ...['1.2.3+build', ' 1.2.3', '1.2.3\n', '-1.2.3', '1.2.9999999999', `1.2.3-${'a'.repeat(64)}`],
  ])('%j is none', (text) => {
    expect(parseVersion(text)).toBeUndefined()
  })

  it('are never stumbled over', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect([undefined, 'object']).toContain(parseVersion(text) && typeof parseVersion(text))
      }),
    )
  })

  it.each([
    ['1.2.3', '1.3.0', true],
    ['1.3.0-rc.1', '1.2.9', true],
    ['1.2.0', '1.4.0', false],
    ['1.2.0', '2.2.0', false],
  ])('%s and %s work together: %s', (a, b, expected) => {
    expect(workTogether(read(a), read(b))).toBe(expected)
  })

  it.each([
    ['1.3.0', undefined, '1.2.0', true],
    ['1.2.0', undefined, '1.2.0', false],
    ['1.2.0', undefined, '1.3.0', false],
    ['1.2.0', '1.3.0', '1.3.0', true],
    ['1.2.0', '1.3.0', '1.2.5', true],
    ['1.2.0', '1.3.0', '1.3.1', false],
    ['1.2.0', '1.3.0', '1.2.0', false],
    ['1.2.0', 'nonsense', '1.3.0', false],
    ['1.3.0', 'nonsense', '1.2.0', true],
    ['1.3.0', undefined, 'nonsense', false],
  ])(
    '%s, in force instead of %s, goes before a package of %s: %s',
    (version, olderInstead, packaged, expected) => {
      expect(goesBefore({ version, olderInstead }, packaged)).toBe(expected)
    },
  )
})

function read(text: string): Version {
  const version = parseVersion(text)
  if (version === undefined) throw new Error(`"${text}" is not read as a version`)
  return version
}
