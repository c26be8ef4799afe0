import { describe, expect, test } from 'vitest'
import { Blocks, blockSize } from '../../../src/remote/copy/blocks.ts'
import { inputOf } from '../../../src/remote/copy/chunks.ts'
import { limitTo, noLimit } from '../../../src/remote/copy/limit.ts'
import type { Entry } from '../../../src/remote/copy/manifest.ts'
import { baseOf, folderOf, lineOf, partsOf } from '../../../src/remote/copy/names.ts'
import { getOptions, putOptions } from '../../../src/remote/copy/options.ts'
import { renderAmount } from '../../../src/remote/copy/progress.ts'
import { isOnlyGrown, shrunkIn } from '../../../src/remote/copy/tar-said.ts'

describe('names', () => {
  test.each([
    ['./var/log//x/', ['var', 'log', 'x']],
    ['.', []],
    ['../x', undefined],
    ['a/../../x', undefined],
    ['a/..', undefined],
    ['..a/b..', ['..a', 'b..']],
  ])('%s has the parts %j', (name, parts) => {
    expect(partsOf(name)).toEqual(parts)
  })

  test('are one line each', () => {
    expect(lineOf('a\\n\n\r b')).toBe(':a\\0134n\\0012\\0015 b:')
    expect([folderOf('/x'), folderOf('x'), folderOf('/a/b'), baseOf('/a/b')]).toEqual([
      ...['/', '.', '/a', 'b'],
    ])
  })
})

describe('blocks', () => {
  const entry = { path: '/x', size: 3 * blockSize + 5 } as Entry

  test('are read once for all that want them', async () => {
    const reads: number[] = []
    const blocks = new Blocks(async (_, at, length) => {
      reads.push(at)
      return Buffer.alloc(length)
    })
    const sizes = await Promise.all([0, 0, blockSize + 1].map((from) => total(blocks, entry, from)))
    expect(sizes).toEqual([entry.size, entry.size, entry.size - blockSize - 1])
    expect(reads.sort((a, b) => a - b)).toEqual([0, 1, 2, 3].map((n) => n * blockSize))
  })

  test('are forgotten beyond a bound, the longest unused first', async () => {
    const reads: number[] = []
    const blocks = new Blocks(async (_, at, length) => {
      reads.push(at)
      return Buffer.alloc(length)
    })
    const large = { path: '/y', size: 300 * blockSize } as Entry
    await total(blocks, large, 0)
    await blocks.from(large, 299 * blockSize)
    expect(reads).toHaveLength(300)
    await blocks.from(large, 0)
    expect(reads).toHaveLength(301)
  })
})

async function total(blocks: Blocks, entry: Entry, from: number): Promise<number> {
  let bytes = 0
  for await (const part of blocks.all(entry, from)) bytes += part.length
  return bytes
}

test('input comes in even pieces, whatever it was made of', async () => {
  async function* source() {
    for (const size of [1, 2, 200_000, 70_000, 3]) yield Buffer.alloc(size, size)
  }
  const sent: number[] = []
  const input = inputOf(source(), { limit: noLimit, onSent: (bytes) => sent.push(bytes) })
  const parts: Buffer[] = []
  for (let part = await input.read(); part !== undefined; part = await input.read())
    parts.push(part)
  const sizes = [1, 2, 200_000, 70_000, 3]
  expect(Buffer.concat(parts)).toEqual(Buffer.concat(sizes.map((size) => Buffer.alloc(size, size))))
  expect(sent).toEqual([65_536, 65_536, 65_536, 65_536, 7_862])
})

test('a limit is one for all, and saves up no more than a moment', async () => {
  let clock = 1000
  const waits: number[] = []
  const limit = limitTo(8_000_000, {
    now: () => clock,
    wait: async (ms) => void waits.push(Math.round(ms)),
  })
  limit.take(100_000)
  limit.take(200_000)
  limit.take(100_000)
  clock += 60_000
  limit.take(300_000)
  expect(waits).toEqual([100, 300, 400, 200])
})

test('what tar says of files that became shorter, or longer', () => {
  const said = [
    'tar: ./var/log/a\\nb \\303\\244\\\\: File shrank by 10 bytes; padding with zeros',
    'tar: ./x: file changed as we read it',
  ]
  expect(shrunkIn(said.join('\n'))).toEqual(['./var/log/a\nb \xc3\xa4\\'])
  const failed = { class: 'failed', phase: 'exit', started: true, exit: 1 } as const
  expect(isOnlyGrown(failed, said.slice(1).join('\n'))).toBe(true)
  expect(isOnlyGrown(failed, said.join('\n'))).toBe(false)
  expect(isOnlyGrown({ ...failed, exit: 2 }, said.slice(1).join('\n'))).toBe(false)
})

test('progress tells the rate, and the time that is left where it is known', () => {
  expect(renderAmount({ moved: 5 * 2 ** 20, total: 20 * 2 ** 20 }, 1000)).toBe(
    '5.0 MiB of 20.0 MiB, 5.0 MiB/s, 3 s left',
  )
  expect(renderAmount({ moved: 1000, total: undefined }, 500)).toBe('1000 B, 2.0 KiB/s')
})

test.each([
  [['only one'], {}, 'sources and a target'],
  [['a', ''], {}, 'a path is empty'],
  [['a\0', 'b'], {}, 'NUL'],
  [['a', 'b'], { limit: '50' }, '"50" is not like'],
])('of %j with %j it is told what is wrong', (words, given, wrong) => {
  expect(() => putOptions(words, { nodes: ['x'], ...given })).toThrow(wrong)
})

test('a source that leads up is refused', () => {
  expect(() => getOptions(['a/../../b', 'c'], { nodes: ['x'] })).toThrow('has a ".."')
})
