import { expect, test } from 'vitest'
import { scrubberFor } from '../../src/apply/scrub.ts'
import type { Step } from '../../src/plan/step.ts'

function withSecret(secret: string): Step {
  return { kind: 'command', reason: '', argv: ['wg'], input: { secret } }
}

test.each([
  ['PrivateKey=abcdefghijkl\n', "bad key: 'abcdefghijkl'", "bad key: '<redacted>'"],
  ['PrivateKey=abcdefghijkl\n', 'line 1: PrivateKey=abcdefghijkl', 'line 1: <redacted>'],
  ['abcdefghijklmnop', 'cut short: bcdefghij…', 'cut short: <redacted>…'],
  ['abcdefghijklmnop', 'abcdefghXhijklmnop', '<redacted>X<redacted>'],
  ['abcdefgh12345678', '12345678abcdefgh', '<redacted>'],
  ['short', 'is short or shorter', 'is <redacted> or <redacted>er'],
  ['', 'nothing', 'nothing'],
  ['abcdefghijklmnop', 'abc def', 'abc def'],
])('of %j in %j', (secret, said, shown) => {
  expect(scrubberFor([withSecret(secret)])(said)).toBe(shown)
})

test('the secrets of undo, of files and of other Steps are taken out too', () => {
  const scrub = scrubberFor([
    {
      kind: 'command',
      reason: '',
      argv: ['a'],
      undo: [{ argv: ['b'], input: { secret: 'in-undo-1' } }],
    },
    { kind: 'file', reason: '', path: '/a', content: { secret: 'in-file-1' } },
    { kind: 'file', reason: '', path: '/b', content: 'no-secret-at-all' },
  ])
  expect(scrub('in-undo-1 in-file-1 no-secret-at-all')).toBe(
    '<redacted> <redacted> no-secret-at-all',
  )
})
