import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffLines } from '../../src/remote/diff.ts'

const diff = (before: string, after: string) => diffLines([...before], [...after])?.join(' ')

describe('a difference', () => {
  test.each([
    ['abc', 'abc', ''],
    ['abc', 'abd', '@@ -3 +3 @@ -c +d'],
    ['abc', 'ac', '@@ -2 +2 @@ -b'],
    ['ac', 'abc', '@@ -2 +2 @@ +b'],
    ['xabc', 'abcy', '@@ -1 +1 @@ -x @@ -5 +4 @@ +y'],
    ['aXbYc', 'aPbQc', '@@ -2 +2 @@ -X +P @@ -4 +4 @@ -Y +Q'],
    ['', 'a', '@@ -1 +1 @@ +a'],
  ])('of %j and %j', (before, after, wanted) => {
    expect(diff(before, after)).toBe(wanted)
  })

  test('makes the one into the other', () => {
    const lines = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 30 })
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        expect(patch(before, diffLines(before, after) ?? [])).toEqual(after)
      }),
    )
  })

  test('of texts that have too little in common is not looked for', () => {
    const lines = (from: number) => Array.from({ length: 600 }, (_, i) => String(from + i))
    expect(diffLines(lines(0), lines(5000))).toBeUndefined()
  })
})

function patch(before: readonly string[], diffed: readonly string[]): string[] {
  const after: string[] = []
  let at = 0
  for (const line of diffed) {
    const hunk = /^@@ -(\d+) \+\d+ @@$/.exec(line)
    if (hunk !== null) {
      after.push(...before.slice(at, Number(hunk[1]) - 1))
      at = Number(hunk[1]) - 1
    } else if (line.startsWith('+')) after.push(line.slice(1))
    else {
      expect(line.slice(1)).toBe(before[at])
      at += 1
    }
  }
  return [...after, ...before.slice(at)]
}
