import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorTable, exitMeanings } from '../src/errors.ts'

const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8')

test('every code stands on the page with its exit code, and no other does', () => {
  const documented = [...page.matchAll(/^### `([a-z-]+)` \(exit (\d+)\)$/gm)]
  const onPage = documented.map(([, code, exit]) => [code, Number(exit)])
  const inTable = Object.entries(errorTable).map(([code, { exit }]) => [code, exit])
  expect(onPage.sort()).toEqual(inTable.sort())
})

test('every exit code stands on the page with its meaning, and no other does', () => {
  const rows = [...page.matchAll(/^\| (\d+) \| (.+?) \|$/gm)].map(([, code, what]) => [code, what])
  expect(rows.sort()).toEqual(Object.entries(exitMeanings).sort())
})

test('hints and meanings are sentences of ours: lower case, no full stop', () => {
  const texts = [
    ...Object.values(errorTable).map(({ hint }) => hint ?? ''),
    ...Object.values(exitMeanings),
  ]
  for (const text of texts) expect(text).not.toMatch(/^[A-Z][a-z]|\.$/)
})
