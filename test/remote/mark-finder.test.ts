import { expect, test } from 'vitest'
import { MarkFinder } from '../../src/remote/mark-finder.ts'

const line = 'dynfarm:abc:12:12:14:/sys/fs/cgroup/a:b c\n'
const place = { pid: '12', session: '12', watchdog: '14', cgroup: '/sys/fs/cgroup/a:b c' }

function find(chunks: readonly string[]) {
  const finder = new MarkFinder('abc')
  const output = chunks.map((chunk) => finder.take(Buffer.from(chunk)).toString()).join('')
  return { output: output + finder.rest().toString(), place: finder.place }
}

test.each([[[line]], [[...line]], [[line.replace('\n', '\r\n')]]])(
  'is found however it comes',
  (chunks) => {
    expect(find(chunks)).toEqual({ output: '', place })
  },
)

test('what stands around it is output', () => {
  expect(find([`before\n${line.slice(0, 9)}`, `${line.slice(9)}after`, line])).toEqual({
    output: `before\nafter${line}`,
    place,
  })
})

test('one with another mark is none', () => {
  const other = line.replace('abc', 'abd')
  expect(find([other])).toEqual({ output: other, place: undefined })
})

test('a flood before it is passed on and does not hide it', () => {
  const flood = 'x'.repeat(100_000)
  expect(find([flood, flood, line])).toEqual({ output: flood + flood, place })
})
