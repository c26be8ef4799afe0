import { expect, test } from 'vitest'
import type { Fault } from '../../src/store/failures.ts'
import { makeGroup, type Writer } from '../../src/store/group.ts'
import type { Mark, Marker } from '../../src/store/mark.ts'
import { raw } from '../../src/store/sql.ts'

/** A writer that keeps what it was told, and fails where a test says so: by the count of such statements. */
function fakeWriter(faults: Record<string, Fault> = {}) {
  const said: string[] = []
  const counts = new Map<string, number>()
  const say = async (text: string): Promise<void> => {
    said.push(text)
    const count = (counts.get(text) ?? 0) + 1
    counts.set(text, count)
    const fault = faults[`${text} ${count}`]
    if (fault !== undefined) throw Object.assign(new Error(`${text} failed`), { fault })
  }
  const marker = { epoch: 'e', generation: 1, commits: 1 }
  const writer: Writer = {
    all: async (query) => {
      const text = query.parts.join('?')
      if (text !== 'select epoch, generation, commits from meta') await say(text)
      return [marker]
    },
    run: async (query) => {
      await say(query.parts.join('?').replace('update meta set commits = commits + 1', 'count'))
      return 1
    },
    begin: () => say('begin'),
    commit: ({ announce }) => say(announce ? 'commit, announce' : 'commit'),
    rollback: () => say('rollback'),
    judge: (error) =>
      error instanceof Error && 'fault' in error ? (error.fault as Fault) : 'work',
    supervise: (work) => work(),
  }
  return { writer, said }
}

function fakeMark(said: string[]): Mark {
  return {
    last: () => undefined,
    note: ({ commits }: Marker) => said.push(`mark ${commits}`),
    close: () => {
      throw new Error('the group does not close the mark')
    },
  }
}

/** Two transactions at once; the first says `a`, the second `b`. */
async function writeTwo(faults?: Record<string, Fault>): Promise<string[]> {
  const { writer, said } = fakeWriter(faults)
  const group = makeGroup(writer, fakeMark(said))
  const outcomes = ['a', 'b'].map((name) =>
    group
      .write((context) => context.run(raw(name)))
      .then(() => said.push(`${name} is done`))
      .catch((error) => said.push(`${name}: ${error.code ?? 'error'}: ${error.message}`)),
  )
  await Promise.all(outcomes)
  return said
}

const begin = ['begin', 'count']
const work = (name: string) => ['savepoint work', name, 'release savepoint work']
const undone = (name: string) => [
  'savepoint work',
  name,
  'rollback to savepoint work',
  'release savepoint work',
]
const end = ['commit', 'mark 1']

test('nobody is told before the commit that is shared', async () => {
  expect(await writeTwo()).toEqual([
    ...[...begin, ...work('a'), ...work('b'), ...end],
    ...['a is done', 'b is done'],
  ])
})

test('one that fails is undone alone, and told after the commit', async () => {
  expect(await writeTwo({ 'a 1': 'work' })).toEqual([
    ...[...begin, ...undone('a'), ...work('b'), ...end],
    ...['b is done', 'a: error: a failed'],
  ])
})

test('when all fail, nothing is committed', async () => {
  expect(await writeTwo({ 'a 1': 'work', 'b 1': 'work' })).toEqual([
    ...[...begin, ...undone('a'), ...undone('b'), 'rollback'],
    ...['a: error: a failed', 'b: error: b failed'],
  ])
})

test('what passes is tried again, with all that share the commit', async () => {
  expect(await writeTwo({ 'b 1': 'passing' })).toEqual([
    ...[...begin, ...work('a'), 'savepoint work', 'b', 'rollback'],
    ...[...begin, ...work('a'), ...work('b'), ...end],
    ...['a is done', 'b is done'],
  ])
})

test('a database that gives up fails them all', async () => {
  const said = 'store-unavailable: the database cannot be used: b failed'
  expect(await writeTwo({ 'b 1': 'fatal' })).toEqual([
    ...[...begin, ...work('a'), 'savepoint work', 'b', 'rollback'],
    ...[`a: ${said}`, `b: ${said}`],
  ])
})

test.each(['passing', 'fatal'] as const)(
  'a commit that fails (%s) is never tried again',
  async (fault) => {
    const said =
      'store-unavailable: a commit failed, and whether it was done is unknown: commit failed'
    expect(await writeTwo({ 'commit 1': fault })).toEqual([
      ...[...begin, ...work('a'), ...work('b'), 'commit', 'rollback'],
      ...[`a: ${said}`, `b: ${said}`],
    ])
  },
)

test('only what succeeded is announced', async () => {
  const { writer, said } = fakeWriter()
  const group = makeGroup(writer, fakeMark(said))
  const announce = (fails: boolean) =>
    group.write(async (context) => {
      context.announce()
      if (fails) throw new Error('no')
    })
  const quiet = group.write(async () => {})
  await Promise.allSettled([announce(true), quiet])
  expect(said).toContain('commit')
  await announce(false)
  expect(said).toContain('commit, announce')
})

test('work that throws at once fails like any other', async () => {
  const { writer, said } = fakeWriter()
  const group = makeGroup(writer, fakeMark(said))
  const thrown = group.write(() => {
    throw new Error('at once')
  })
  await expect(thrown).rejects.toThrow('at once')
})
