import { describe, expect, it } from 'vitest'
import { excerpt, printable } from '../../src/profile/excerpt.ts'

describe('the caret stands under its column', () => {
  it.each([
    ['abc', 1, 'abc', '^'],
    ['abc', 3, 'abc', '  ^'],
    ['abc', 4, 'abc', '   ^'],
    ['\ta: b', 5, '\ta: b', '\t   ^'],
    ['日本: b', 5, '日本: b', '      ^'],
    ['🦊: b', 4, '🦊: b', '    ^'],
    ['e\u0301: b', 5, 'e\u0301: b', '   ^'],
    ['\u001b[31m: b', 8, '\ufffd[31m: b', '       ^'],
    ['\u202eb: c', 5, '\ufffdb: c', '    ^'],
  ])('%j %d', (source, column, text, caret) => {
    expect(excerpt(source, column)).toEqual([`  ${text}`, `  ${caret}`])
  })

  it.each([
    [1, `${'x'.repeat(120)}…`, '^'],
    [300, `…${'x'.repeat(60)}y${'x'.repeat(59)}…`, `${' '.repeat(61)}^`],
    [600, `…${'x'.repeat(120)}`, `${' '.repeat(120)}^`],
  ])('in a line of 600, %d', (column, text, caret) => {
    const source = `${'x'.repeat(299)}y${'x'.repeat(300)}`
    expect(excerpt(source, column)).toEqual([`  ${text}`, `  ${caret}`])
  })
})

it('what is printable stays as it is', () => {
  expect(printable('naïve 日本 🦊 "a" {b}')).toBe('naïve 日本 🦊 "a" {b}')
  expect(printable('a\u0000b\u0007c\u007fd\u009be\u2028f\u2066g\nh')).toBe('a�b�c�d�e�f�g�h')
})
