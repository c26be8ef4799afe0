import { describe, expect, test } from 'vitest'
import { decodeParts, encodeParts, LineReader, type Part } from '../../src/protocol/relay-parts.ts'

const hash = 'ab'.repeat(32)
const parts: Part[] = [
  Buffer.from('with\nlines\n'),
  { hash, offset: 7, size: 4096 },
  Buffer.alloc(0),
  Buffer.from('E\n'),
]

async function* each<T>(values: readonly T[]): AsyncGenerator<T> {
  yield* values
}

async function encoded(): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of encodeParts(Promise.resolve({ to: 'you' }), each(parts)))
    chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Cut into pieces of so many bytes: literals joined, order and files as they are. */
async function decoded(bytes: Buffer, piece: number): Promise<unknown[]> {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece))
  const input = new LineReader(each(pieces), 100)
  const told: unknown[] = [JSON.parse(await input.line())]
  let text = ''
  for await (const part of decodeParts(input))
    if (Buffer.isBuffer(part)) text += part
    else told.push(text, part)
  return [...told, text]
}

describe('a stream of parts', () => {
  test.each([1, 2, 3, 7, 1000])('comes as it was sent, in pieces of %d bytes', async (piece) => {
    const whole = [{ to: 'you' }, 'with\nlines\n', parts[1], 'with\nlines\nE\n']
    expect(await decoded(await encoded(), piece)).toEqual(whole)
  })

  test('that was cut off anywhere is told from a whole one', async () => {
    const bytes = await encoded()
    for (let end = 0; end < bytes.length; end++)
      await expect(decoded(bytes.subarray(0, end), 1000)).rejects.toThrow('too early')
  })

  test.each([`F ${hash} 1\n`, `F ${hash}0 1 2\n`, 'L -1\n', 'L x\n', '\n', 'e\n'])(
    'with the line %j is refused',
    async (line) => {
      await expect(decoded(Buffer.from(`{}\n${line}E\n`), 1000)).rejects.toThrow('not understood')
    },
  )

  test('with a line that does not end is refused', async () => {
    await expect(decoded(Buffer.alloc(1000, 'x'), 10)).rejects.toThrow('has no end')
  })

  test('is not begun without its order', async () => {
    const stream = encodeParts(Promise.reject(new Error('nobody serves')), each(parts))
    await expect(stream.next()).rejects.toThrow('nobody serves')
  })
})
