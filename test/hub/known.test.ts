import { describe, expect, test } from 'vitest'
import {
  feedQuestion,
  judgeFeed,
  nothingKnown,
  seedOf,
  takeFeed,
  untoldRevocations,
} from '../../src/hub/known.ts'
import { feed, feedNode, known } from './records.ts'

const ids = (one: { nodes: ReadonlyMap<string, unknown> }) => [...one.nodes.keys()]

describe('what is asked', () => {
  test.each([
    ['at first, all', nothingKnown, undefined, {}],
    ['then what is newer', known(), undefined, { since: 'one.5', config: 'ab'.repeat(32) }],
    [
      'the same where this epoch was seeded',
      known(),
      'one',
      { since: 'one.5', config: 'ab'.repeat(32) },
    ],
    ['all again where another was', known(), 'two', { config: 'ab'.repeat(32) }],
  ])('%s', (_, before, seeded, expected) => {
    expect(feedQuestion(before, seeded)).toEqual(expected)
  })
})

describe('what may be taken in', () => {
  const snapshot = { kind: 'snapshot', position: 'one.9', seed: false } as const
  const delta = { ...snapshot, kind: 'delta' } as const
  test.each([
    ['the first list', nothingKnown, snapshot, undefined, 'take'],
    [
      'a first list that is asked for in return',
      nothingKnown,
      { ...snapshot, seed: true },
      undefined,
      'seed',
    ],
    ['news', known(), delta, undefined, 'take'],
    ['a list of the same epoch', known(), snapshot, undefined, 'take'],
    [
      'a list of a store that asks',
      known(),
      { ...snapshot, position: 'two.1', seed: true },
      undefined,
      'seed',
    ],
    [
      'a list of another epoch that does not ask',
      known(),
      { ...snapshot, position: 'two.1' },
      undefined,
      'seed',
    ],
    ['the same, of a third epoch', known(), { ...snapshot, position: 'three.1' }, 'two', 'seed'],
    [
      'a list of the epoch that was told',
      known(),
      { ...snapshot, position: 'two.1' },
      'two',
      'take',
    ],
    [
      'one that goes on asking',
      known(),
      { ...snapshot, position: 'two.1', seed: true },
      'two',
      'take',
    ],
    ['news of another epoch', known(), { ...delta, position: 'two.1' }, 'two', 'ask-anew'],
    ['news without a beginning', nothingKnown, delta, undefined, 'ask-anew'],
  ] as const)('%s', (_, before, answer, seeded, expected) => {
    expect(judgeFeed(before, answer, seeded)).toBe(expected)
  })
})

describe('what is known', () => {
  test('a list replaces it, news add to it, and who was freed is gone', () => {
    const first = known(feedNode(1), feedNode(2))
    const news = { kind: 'delta', position: 'one.6' } as const
    const second = takeFeed(
      first,
      feed({ ...news, nodes: [feedNode(3), feedNode(2, { freed: 9 })] }),
    )
    expect(ids(second)).toEqual(['n1', 'n3'])
    expect(second.position).toBe('one.6')
    expect(ids(takeFeed(second, feed({ nodes: [feedNode(4)] })))).toEqual(['n4'])
  })

  test('a configuration stays until there is another', () => {
    const { config: _, ...news } = feed({ kind: 'delta', configHash: 'cd'.repeat(32) })
    const after = takeFeed(known(), news)
    expect(after.config).toEqual(known().config)
    expect(after.configHash).toBe('ab'.repeat(32))
  })

  test('who was revoked once stays so, whatever later lists say', () => {
    const revoked = known(feedNode(1, { state: 'revoked' }), feedNode(2))
    const later = takeFeed(revoked, feed({ position: 'two.1', nodes: [feedNode(1), feedNode(2)] }))
    expect([...later.revoked]).toEqual(['n1'])
    const freed = feed({ nodes: [feedNode(2, { state: 'revoked', freed: 9 })] })
    expect([...takeFeed(later, freed).revoked]).toEqual(['n1', 'n2'])
  })

  test('a store that lost it hears all of it', () => {
    const all = { ...known(feedNode(1), feedNode(2)), revoked: new Set(['n2', 'n9']) }
    expect(seedOf(all, feed({ position: 'two.1' }))).toEqual({
      ...{ position: 'one.5', nodes: [feedNode(1), feedNode(2)], revoked: ['n2', 'n9'] },
    })
    expect(seedOf(nothingKnown, feed({ position: 'two.1' })).position).toBe('two.1')
  })

  test('the server hears of a revocation until it says the same', () => {
    const before = { ...known(feedNode(1), feedNode(2)), revoked: new Set(['n1', 'n2', 'n9']) }
    const told = takeFeed(
      before,
      feed({ kind: 'delta', nodes: [feedNode(2, { state: 'revoked' })] }),
    )
    expect(untoldRevocations(told)).toEqual(['n1'])
  })
})
