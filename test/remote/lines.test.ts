import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LineCutter, longestLine } from '../../src/remote/lines.ts'

function cut(chunks: readonly string[]): string[] {
  const cutter = new LineCutter()
  const lines = chunks.flatMap((chunk) => cutter.take(Buffer.from(chunk, 'latin1')))
  return [...lines, ...cutter.rest()].map((line) => line.toString('latin1'))
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

test('what is held of an endless line stays within a bound', () => {
  const cutter = new LineCutter()
  let out = 0
  for (let i = 0; i < 100; i++)
    for (const line of cutter.take(Buffer.alloc(65_536, 'x'))) out += line.length
  expect(100 * 65_536 - out).toBeLessThanOrEqual(longestLine)
})
