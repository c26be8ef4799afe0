import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseKilled, renderStart } from '../../../src/remote/far-side/command.ts'
import { quote } from '../../../src/remote/far-side/quote.ts'

const shells = ['dash', 'bash', 'busybox'].filter(isThere)

function isThere(name: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${name}`])
    return true
  } catch {
    return false
  }
}

function run(shell: string, line: string): string {
  const argv = shell === 'busybox' ? ['sh', '-c', line] : ['-c', line]
  return execFileSync(shell, argv, { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
}

describe.each(shells)('under %s', (shell) => {
  test('a quoted word is that word', () => {
    const word = fc
      .string({ unit: 'binary' })
      .filter((text) => !text.includes('\0') && text.isWellFormed())
    fc.assert(
      fc.property(word, (text) => {
        expect(run(shell, `printf %s ${quote(text)}`)).toBe(text)
      }),
      { numRuns: 60 },
    )
  })

  test('a command starts with its words', () => {
    const words = ['printf', '<%s>', 'a b', "it's", '$HOME', '-n', '']
    expect(run(shell, renderStart({ words }, 'ab12', { seconds: 0 }))).toBe(
      "<a b><it's><$HOME><-n><>",
    )
  })
})

test.each([
  ['a/b=1', 'a/b=1'],
  ['', "''"],
  ["it's", "'it'\\''s'"],
  ['a\\b', "'a'\\\\'b'"],
  ['!x', "''\\!'x'"],
])('%j is quoted for fish and csh too: %s', (word, quoted) => {
  expect(quote(word)).toBe(quoted)
})

test('a NUL is refused, for no shell can have it', () => {
  expect(() => quote('a\0b')).toThrow('NUL')
})

test('nothing but an answer with the mark is one', () => {
  expect(parseKilled('noise\ndynfarm:ab:3:0\n', 'ab')).toEqual({ found: 3, left: 0 })
  expect(parseKilled('dynfarm:cd:3:0\n', 'ab')).toBeUndefined()
  expect(parseKilled('x dynfarm:ab:3:0\n', 'ab')).toBeUndefined()
  expect(parseKilled('', 'ab')).toBeUndefined()
})
