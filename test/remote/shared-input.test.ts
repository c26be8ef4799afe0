import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { makeScratch } from '../../src/remote/files/scratch.ts'
import { SharedInput } from '../../src/remote/shared-input.ts'

async function readAll(input: ReturnType<SharedInput['copy']>): Promise<string> {
  let text = ''
  for (let bytes = await input.read(); bytes !== undefined; bytes = await input.read())
    text += bytes.toString('latin1')
  return text
}

function counted(chunks: number) {
  let read = 0
  const source = Readable.from(
    (function* () {
      for (; read < chunks; read++) yield Buffer.alloc(65_536, read % 256)
    })(),
    { highWaterMark: 1 },
  )
  return { source, read: () => read }
}

describe('shared input', () => {
  test('is the same for all, at the same time and later', async () => {
    const input = new SharedInput(
      Readable.from([Buffer.from('ab'), Buffer.from('c')]),
      makeScratch(),
    )
    expect(await Promise.all([readAll(input.copy()), readAll(input.copy())])).toEqual([
      'abc',
      'abc',
    ])
    expect(await readAll(input.copy())).toBe('abc')
  })

  test('is read on only as far as the furthest wants', async () => {
    const { source, read } = counted(1000)
    const input = new SharedInput(source, makeScratch())
    const [fast] = [input.copy(), input.copy()]
    for (let i = 0; i < 10; i++) await fast?.read()
    expect(read()).toBeLessThan(20)
  })

  test('ends for one that is closed, and goes on for the others', async () => {
    const input = new SharedInput(Readable.from([Buffer.from('abc')]), makeScratch())
    const [one, two] = [input.copy(), input.copy()]
    one?.close()
    expect(await one?.read()).toBeUndefined()
    expect(await readAll(two ?? input.copy())).toBe('abc')
  })

  test('is not read for one that is closed', async () => {
    const { source, read } = counted(1000)
    const input = new SharedInput(source, makeScratch()).copy()
    input.close()
    expect(await input.read()).toBeUndefined()
    expect(read()).toBe(0)
  })

  test('that breaks is an error and no end', async () => {
    const source = new Readable({
      read() {
        this.destroy(new Error('EIO'))
      },
    })
    await expect(readAll(new SharedInput(source, makeScratch()).copy())).rejects.toThrow('EIO')
  })
})
