import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { readersFrom } from '../../src/remote/nodeset.ts'
import { readAll } from '../../src/remote/read-all.ts'

test('a stream is read to its end, within a limit', async () => {
  expect(await readAll(Readable.from(['h', Buffer.from('é')]), 3)).toBe('hé')
  await expect(readAll(Readable.from(['abcd']), 3)).rejects.toThrow('longer than 3 bytes')
})

test('standard input is read once and said as often as it is asked for', async () => {
  const { readInput } = readersFrom(Readable.from(['a-1']))
  expect([await readInput(), await readInput()]).toEqual(['a-1', 'a-1'])
})
