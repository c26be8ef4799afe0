import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const tree = new URL('../..', import.meta.url).pathname
const text = readFileSync(`${tree}docs/security.md`, 'utf8')
const shown = [...text.matchAll(/^- `(test\/[^`]+)`: (.+)$/gm)].map(([, path = '', name = '']) => ({
  path,
  name,
}))

test('every part of docs/security.md has tests that show it', () => {
  const parts = text.split(/^## /m).slice(1)
  const bare = parts.filter((part) => !/^- `test\//m.test(part)).map((part) => part.split('\n')[0])
  expect(bare).toEqual([])
})

test.each(shown)('$path has "$name"', ({ path, name }) => {
  const titles = [...readFileSync(`${tree}${path}`, 'utf8').matchAll(/\(\s*(['"`])(.+?)\1,/g)]
  expect(titles.map(([, , title]) => title)).toContain(name)
})
