import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineKeeper, longestLine, prefixed } from '../../src/remote/lines.ts'

function cut(chunks: readonly string[]): string[] {
  const keeper = new LineKeeper()
  const blocks = chunks.map((chunk) => keeper.take(Buffer.from(chunk, 'latin1')))
  const text = Buffer.concat([...blocks, keeper.rest()]).toString('latin1')
  expect(blocks.every((block) => /^$|\n$/.test(block.toString('latin1').slice(-1)))).toBe(true)
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

test.each([
  [[], []],
  [['a\nb\n'], ['a', 'b']],
  [['a\nb'], ['a', 'b']],
  [
    ['a', 'b', '\n', '\n'],
    ['ab', ''],
  ],
  [['\n'], ['']],
  [
    ['a', '\nb', 'c\nd\ne'],
    ['a', 'bc', 'd', 'e'],
  ],
])('%j is cut into %j', (chunks, lines) => {
  expect(cut(chunks)).toEqual(lines)
})

test('how the bytes came makes no difference', () => {
  const chunk = fc.stringMatching(/^[ab\n]{0,6}$/)
  fc.assert(
    fc.property(fc.array(chunk), (chunks) => {
      expect(cut(chunks)).toEqual(cut([chunks.join('')]))
    }),
  )
})

test('a line without an end is cut, and nothing of it is lost', () => {
  const text = 'x'.repeat(longestLine - 1)
  const lines = cut([text, text, `${text}\nshort`])
  expect(lines.map((line) => line.length)).toEqual([longestLine, longestLine, longestLine - 3, 5])
})

test('a line as long as one may be is one line', () => {
  const text = 'x'.repeat(longestLine)
  expect(cut([text, `\nshort\n`]).map((line) => line.length)).toEqual([longestLine, 5])
})

test('what is held of an endless line stays within a bound', () => {
  const keeper = new LineKeeper()
  let out = 0
  for (let i = 0; i < 100; i++)
    out += keeper.take(Buffer.alloc(65_536, 'x')).toString().replaceAll('\n', '').length
  expect(100 * 65_536 - out).toBeLessThanOrEqual(longestLine)
})

test.each([
  ['', 'n: ', ''],
  ['a\n', 'n: ', 'n: a\n'],
  ['a\n\nbc\n', 'n: ', 'n: a\nn: \nn: bc\n'],
  ['a\nb\n', '', 'a\nb\n'],
])('%j after %j is %j', (lines, before, result) => {
  expect(prefixed(Buffer.from(lines), Buffer.from(before)).toString()).toBe(result)
})
