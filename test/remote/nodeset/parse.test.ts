import { describe, expect, test } from 'vitest'
import { parseExpression } from '../../../src/remote/nodeset/parse.ts'
import { folded } from './support.ts'

/** What ClusterShell's nodeset computes, too. */
const algebra: readonly [given: string, folded: string][] = [
  ['', ''],
  ['  ', ''],
  ['a1,a2 a4\ta3\n', 'a[1-4]'],
  ['a[1-5]!a3', 'a[1-2,4-5]'],
  ['a[1-5]!a3,a3', 'a[1-5]'],
  ['a[1-5]&a[3-9]', 'a[3-5]'],
  ['a[1-5]&a[3-9]^a4', 'a[3,5]'],
  ['a[1-3]^a[2-4]', 'a[1,4]'],
  ['a1 & a1 , b1', 'a1,b1'],
  ['a[1-3]!b1', 'a[1-3]'],
  ['a[ 1 - 3 , 5 ]', 'a[1-3,5]'],
  ['a[01-10/4]', 'a[01,05,09]'],
  ['a[1-2][3-4]', 'a[13-14,23-24]'],
]

test.each(algebra)('%j is %s', async (given, wanted) => {
  expect(await folded(given)).toBe(wanted)
})

const faults: readonly [given: string, message: string][] = [
  ['a[5-010]', 'position 3: "5-010" has ends of different lengths and leading zeros'],
  ['a[01-100]', 'position 3: "01-100" has ends of different lengths and leading zeros'],
  ['a[10-1]', 'position 3: "10-1" runs backwards'],
  ['a[1-3/0]', 'position 3: "1-3/0" has a step of 0'],
  ['a[]', 'position 3: "" is an empty range'],
  ['a[1,,2]', 'position 5: "" is an empty range'],
  ['a[1,x-2]', 'position 5: "x-2" is no range like "1-9", "01-10/3" or "7"'],
  ['a[1/2]', 'position 3: "1/2" is no range like "1-9", "01-10/3" or "7"'],
  ['a[-3]', 'position 3: "-3" is no range like "1-9", "01-10/3" or "7"'],
  ['a[1-9999999999999999]', 'position 3: "1-9999999999999999" has a number of more than 15 digits'],
  ['a[1-9999999]', 'position 3: "1-9999999" has more than 1000000 numbers'],
  ['a[1-2000]b[1-2000]', 'position 1: "a[1-2000]b[1-2000]" is more than 1000000 names'],
  ['a[1-999999],b[1-9]', 'position 13: "b[1-9]" makes it more than 1000000 names'],
  ['b a[1', 'position 4: "[" is never closed by a "]"'],
  ['a[1[2]]', 'position 2: "[" is never closed by a "]"'],
  ['a]1', 'position 2: "]" closes nothing'],
  ['a1,,a2', 'position 3: "," has nothing after it'],
  [',a', 'position 1: "," has nothing before it'],
  ['a!', 'position 2: "!" has nothing after it'],
  ['a ! ', 'position 3: "!" has nothing after it'],
  ['a,^', 'position 3: "^" names no file'],
  ['a^^', 'position 3: "^" names no file'],
  ['@', 'position 1: "@" is no group like "@all", "@site", "@site:ready" or "@label=value"'],
  ['a,@A', 'position 3: "@A" is no group like "@all", "@site", "@site:ready" or "@label=value"'],
  ['@aruba', 'position 1: "@aruba" is a group, and there is no inventory here'],
  ['root@a', 'position 5: "root@a" has a character that no name has'],
  ['a\u001b[2J', 'position 3: "[" is never closed by a "]"'],
  ['a\u0007b', 'position 2: "a\u0007b" has a character that no name has'],
  [`a[1${'1'.repeat(70)}-2]`, `position 3: "1${'1'.repeat(59)}…" runs backwards`],
]

test.each(faults)('%j: %s', async (given, message) => {
  await expect(folded(given)).rejects.toMatchObject({
    code: 'nodeset-invalid',
    message: `node set: ${message}`,
  })
})

describe('groups', () => {
  const groupOf = (text: string) => parseExpression(text).map(({ operand }) => operand)
  test.each([
    ['@all', { of: { kind: 'all' }, state: undefined }],
    ['@aruba', { of: { kind: 'site', site: 'aruba' }, state: undefined }],
    ['@aruba:ready', { of: { kind: 'site', site: 'aruba' }, state: 'ready' }],
    ['@rack=7', { of: { kind: 'label', label: 'rack', value: '7' }, state: undefined }],
    ['@a/b.c=x@y:failed', { of: { kind: 'label', label: 'a/b.c', value: 'x@y' }, state: 'failed' }],
  ])('%s', (text, group) => {
    expect(groupOf(text)).toEqual([{ kind: 'group', group }])
  })

  test('stand beside names, files and standard input', () => {
    expect(groupOf('@all!^dead&-').map(({ kind }) => kind)).toEqual(['group', 'file', 'input'])
    expect(groupOf('a^^either').at(-1)).toEqual({ kind: 'file', path: 'either' })
  })
})
