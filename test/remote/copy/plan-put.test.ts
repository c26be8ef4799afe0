import { describe, expect, test } from 'vitest'
import type { Entry, Source } from '../../../src/remote/copy/manifest.ts'
import { pathIn, planPut, targetOf } from '../../../src/remote/copy/plan-put.ts'
import { parseSurvey, renderQuestions } from '../../../src/remote/copy/survey.ts'

function entry(below: string, type: Entry['type'], over: Partial<Entry> = {}): Entry {
  const facts = { mode: 0o644, mtime: 7, size: 3, target: '', stamp: '' }
  const hash = type === 'file' ? `hash${below.length}` : ''
  return { path: `/here${below}`, below, type, hash, ...facts, ...over }
}

const tree: Source = {
  name: 'tree',
  entries: [
    entry('', 'folder'),
    entry('/a', 'file'),
    entry('/b\n', 'file'),
    entry('/large', 'file', { size: 9_000_000 }),
    entry('/to', 'link', { target: 'a' }),
  ],
}
const questions = renderQuestions([tree], 4_000_000)

test('the questions, one a line', () => {
  expect(questions.text.split('\n')).toEqual([
    'b - - :tree:',
    'd - 3 ::',
    'f hash2 3 :/a:',
    'fe hash3 3 :/b\\0012:',
    'F hash6 9000000 :/large:',
    'l - 3 :/to:',
    't - - :a:',
    '',
  ])
})

const attributes = 'a 644 7 ./tree\na 644 7 ./tree/a\na 644 7 ./tree/large'

describe.each([
  ['nothing there', 'into 1', { tree: 4, alone: ['./tree/large@0'], attributes: 1, identical: 0 }],
  [
    'all there',
    `into 1\nd 2\n= 4\nl 6\n${attributes}\n./tree/a: OK\n./tree/large: OK`,
    { tree: 0, alone: [], attributes: 1, identical: 3 },
  ],
  [
    'all there under the name of the target',
    'into 0\nd 2\n= 4\nl 6\na 600 7 ./new/a\n./new/a: OK\n./new/large: FAILED',
    { tree: 0, alone: ['./new/large@0'], attributes: 3, identical: 2 },
  ],
  [
    'a part of the large one',
    `into 1\nd 2\n= 4\nl 6\np 5 5000000\n${attributes}\n./tree/a: OK`,
    { tree: 0, alone: ['./tree/large@5000000'], attributes: 2, identical: 2 },
  ],
  [
    'a part that is larger than the whole, and lines that mean nothing',
    `into 1\nd 2\n= 4\nl 6\np 5 9000001\n= 99\n= 1\nx\n${attributes}\n./tree/a: OK\n/etc/passwd: OK`,
    { tree: 0, alone: ['./tree/large@0'], attributes: 2, identical: 2 },
  ],
])('%s', (_, said, wanted) => {
  test('is planned', () => {
    const pathOf = pathIn(targetOf('/srv/new'))
    const survey = parseSurvey(said, { questions, pathOf })
    if (survey === undefined) throw new Error('not understood')
    const plan = planPut(questions, survey, pathOf)
    expect({
      tree: plan.tree.length,
      alone: plan.alone.map(({ path, offset }) => `${path}@${offset}`),
      attributes: plan.attributes.length,
      identical: plan.identical,
    }).toEqual(wanted)
  })
})

test('one file that is missing goes alone, however small', () => {
  const one: Source = { name: 'motd', entries: [entry('', 'file')] }
  const asked = renderQuestions([one], 4_000_000)
  const pathOf = pathIn(targetOf('/etc/motd'))
  const survey = parseSurvey('into 0', { questions: asked, pathOf })
  expect(survey && planPut(asked, survey, pathOf)).toMatchObject({
    tree: [],
    alone: [{ path: './motd', offset: 0 }],
    attributes: [],
  })
})

test('an answer without its first line is none', () => {
  expect(parseSurvey('', { questions, pathOf: pathIn(targetOf('x')) })).toBeUndefined()
  expect(parseSurvey('into 2', { questions, pathOf: pathIn(targetOf('x')) })).toBeUndefined()
})

test.each([
  ['/etc/motd', '/etc', 'motd'],
  ['/motd', '/', 'motd'],
  ['motd', '.', 'motd'],
  ['a/b//', 'a', 'b'],
  ['/', '/', ''],
])('the target %s', (text, above, name) => {
  expect(targetOf(text)).toMatchObject({ above, name })
})
