import { expect, test } from 'vitest'
import { checkCircles, checkFile } from '../../scripts/lib/imports.ts'

const cases: readonly [what: string, file: string, text: string, problems: string[]][] = [
  ['an import downwards', 'src/commands/check.ts', "import { a } from '../profile/load.ts'", []],
  ['errors from anywhere', 'src/plan/step.ts', "import { E } from '../errors.ts'", []],
  [
    'an import upwards',
    'src/plan/step.ts',
    "import { run } from '../apply/run.ts'",
    ['src/plan/step.ts: may not import src/apply/run.ts'],
  ],
  [
    'an import over several lines',
    'src/net/a.ts',
    "import {\n  a,\n  b,\n} from '../apply/run.ts'",
    ['src/net/a.ts: may not import src/apply/run.ts'],
  ],
  [
    'a lazy import upwards',
    'src/net/a.ts',
    "const x = await import('../apply/run.ts')",
    ['src/net/a.ts: may not import src/apply/run.ts'],
  ],
  [
    'a re-export upwards',
    'src/net/a.ts',
    "export { run } from '../apply/run.ts'",
    ['src/net/a.ts: may not import src/apply/run.ts'],
  ],
  [
    'types where types alone are allowed',
    'src/net/a.ts',
    "import type { S } from '../profile/types.ts'",
    [],
  ],
  [
    'a value where types alone are allowed',
    'src/net/a.ts',
    "import { load } from '../profile/load.ts'",
    ['src/net/a.ts: may not import src/profile/load.ts'],
  ],
  [
    'files outside their place',
    'src/profile/resolve.ts',
    "import { readFileSync } from 'node:fs'",
    ['src/profile/resolve.ts: may not use "node:fs" (files)'],
  ],
  ['telling addresses from names', 'src/net/a.ts', "import { isIP } from 'node:net'", []],
  [
    'a socket',
    'src/net/a.ts',
    "import { connect } from 'node:net'",
    ['src/net/a.ts: may not use "node:net" (network)'],
  ],
  [
    'the terminal',
    'src/profile/a.ts',
    "console.log('x')",
    ['src/profile/a.ts: only bin may use "console."'],
  ],
  [
    'a folder that is in no table',
    'src/util/a.ts',
    '',
    ['src/util/a.ts: "util" is not in the table of layers'],
  ],
]

test.each(cases)('%s', (_, file, text, problems) => {
  expect(checkFile(file, text)).toEqual(problems)
})

test('files that need one another are told as the circle that they are', () => {
  const files = [
    { file: 'src/a/top.ts', text: "import { b } from './b.ts'" },
    { file: 'src/a/b.ts', text: "import type { C } from '../c/c.ts'\nimport { d } from './d.ts'" },
    { file: 'src/a/d.ts', text: "const x = await import('./b.ts')" },
    { file: 'src/c/c.ts', text: "export { e } from './e.ts'" },
    { file: 'src/c/e.ts', text: "import {\n  b,\n} from '../a/b.ts'" },
  ]
  expect(checkCircles(files)).toEqual([
    'in a circle: src/a/b.ts → src/c/c.ts → src/c/e.ts → src/a/b.ts',
  ])
  expect(checkCircles(files.slice(0, 4))).toEqual([])
})
