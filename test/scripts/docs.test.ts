import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { renderCommandPages } from '../../scripts/lib/command-pages.ts'

test('docs/commands is as scripts/docs writes it, and has nothing else', async () => {
  const written = readdirSync('docs/commands').map((name): [string, string] => [
    name,
    readFileSync(join('docs/commands', name), 'utf8'),
  ])
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(await renderCommandPages()))
})
