import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold, sortNames } from '../../../src/remote/nodeset/fold.ts'
import { expanded, folded } from './support.ts'

/** What `nodeset -f` of ClusterShell 1.9.1 gives for the same words. */
const asNodeset: readonly [given: string, folded: string][] = [
  ['a[1-5]', 'a[1-5]'],
  ['a01 a1 a10 a9 a09', 'a[1,9,01,09-10]'],
  ['a[098-101]', 'a[098-101]'],
  ['a[99-101] a099', 'a[99,099-101]'],
  ['a1 a3 a5', 'a[1,3,5]'],
  ['a[1-10/3]', 'a[1,4,7,10]'],
  ['a[1-3/4]', 'a1'],
  ['a[0-0]', 'a0'],
  ['1 2 3', '[1-3]'],
  ['b2 a10 a2 zz', 'a[2,10],b2,zz'],
  ['a1 b1 a a2b', 'a,a1,a2b,b1'],
  ['n1.example.org n2.example.org', 'n[1-2].example.org'],
  ['a[1-2]3', 'a[13,23]'],
  ['a3[1-2]', 'a[31-32]'],
  ['a[1-3]x', 'a[1-3]x'],
  ['a1b1 a1b2 a2b1 a2b2 a3b1', 'a[1-2]b[1-2],a3b1'],
  ['a[1-2]b1 a3b[1-2] a[1-2]b2', 'a[1-3]b[1-2]'],
  ['n[1-3]-[1-2] n4-1', 'n[1-3]-[1-2],n4-1'],
  ['x[1-3]y[1-3]!x2y2', 'x[1,3]y[1-3],x2y[1,3]'],
  ['a[1-3]b[1-2]!a2b1', 'a[1,3]b[1-2],a2b2'],
  ['a[1-3]b[1-3]c[1-3]', 'a[1-3]b[1-3]c[1-3]'],
  ['a[1-3]b[1-3]c[1-3]!a2b2c2', 'a[1,3]b[1-3]c[1-3],a2b[1,3]c[1-3],a2b2c[1,3]'],
]

test.each(asNodeset)('%s', async (given, wanted) => {
  expect(await folded(given)).toBe(wanted)
})

test.each([
  ['x[1-2]y[1-2] x3y[1-3]', 'x[1-3]y[1-2],x3y3'],
  ['rack[1-4]-n[01-16]!rack2-n03', 'rack[1-4]-n[01-02,04-16],rack[1,3-4]-n03'],
])('%s, shorter than nodeset makes it', async (given, wanted) => {
  expect(await folded(given)).toBe(wanted)
})

describe('folding', () => {
  test('merges along the dimension that leaves the shorter text', () => {
    expect(fold(['a1b1', 'a1b2', 'a1b3', 'a2b1', 'a3b3'])).toBe('a1b[1-3],a2b1,a3b3')
    expect(fold(['a1b1', 'a2b1', 'a3b1', 'a1b2', 'a3b3'])).toBe('a[1-3]b1,a1b2,a3b3')
  })

  test('never runs from one padding into another', async () => {
    expect(fold(['a08', 'a09', 'a10', 'a100', 'a99'])).toBe('a[08-10,99-100]')
    expect(fold(['a09', 'a010'])).toBe('a[09,010]')
    expect(fold(['a8', 'a09', 'a009'])).toBe('a[8,09,009]')
  })

  test('has a name once', () => {
    expect(fold(['a1', 'a1', 'b', 'b'])).toBe('a1,b')
  })

  test('keeps numbers that are too long to count with', () => {
    const [a, b] = ['n9007199254740993', 'n9007199254740992']
    expect(fold([a, b])).toBe('n[9007199254740992,9007199254740993]')
  })

  test('gives back exactly what it was given, and the same again', async () => {
    const number = fc.oneof(
      fc.nat(12).map(String),
      fc.nat(12).map((n) => String(n).padStart(2, '0')),
    )
    const name = fc.tuple(number, number, number).map(([a, b, c]) => `n${a}-${b}x${c}`)
    const names = fc.uniqueArray(
      fc.oneof(
        name,
        number.map((n) => `m${n}`),
      ),
      { minLength: 1 },
    )
    await fc.assert(
      fc.asyncProperty(names, async (given) => {
        const text = fold(given)
        expect((await expanded(text)).split(' ').toSorted()).toEqual(given.toSorted())
        expect(await folded(text)).toBe(text)
        expect(fold(given.toReversed())).toBe(text)
      }),
    )
  })

  test('of ten thousand names that do not fold keeps each of them', () => {
    const names = Array.from({ length: 10_000 }, (_, i) => `h${i * 3}-${(i * 7919) % 10_007}`)
    expect(fold(names).split(/,(?![^[]*\])/).length).toBe(10_000)
  })
})

test('names are sorted as they are folded', () => {
  expect(sortNames(['b1', 'a10', 'a2', 'a', 'a02'])).toEqual(['a', 'a2', 'a02', 'a10', 'b1'])
})
