import { expect, test } from 'vitest'
import { WriteBehind } from '../../../src/remote/files/write-behind.ts'

test('what comes while something is written goes together, in its order', async () => {
  const disk = slowDisk()
  const behind = new WriteBehind(disk.write)
  for (const text of ['a', 'b', 'c']) await behind.add(Buffer.from(text))
  expect(disk.written).toEqual(['a'])
  disk.done()
  await turn()
  expect(disk.written).toEqual(['a', 'bc'])
  const ended = behind.end()
  disk.done()
  await ended
  await behind.add(Buffer.from('d'))
  expect(disk.written).toEqual(['a', 'bc', 'd'])
})

test('beyond half a MiB it keeps who gives waiting', async () => {
  const disk = slowDisk()
  const behind = new WriteBehind(disk.write)
  await behind.add(Buffer.alloc(512 * 1024))
  let hasRoom = false
  const added = behind.add(Buffer.alloc(1)).then(() => {
    hasRoom = true
  })
  await turn()
  expect(hasRoom).toBe(false)
  disk.done()
  await turn()
  disk.done()
  await added
  expect(disk.written.map((text) => text.length)).toEqual([512 * 1024, 1])
})

test('what could not be written is told to whoever gives more, and at the end', async () => {
  const disk = slowDisk()
  const behind = new WriteBehind(disk.write)
  await behind.add(Buffer.from('a'))
  disk.fail()
  await turn()
  await expect(behind.add(Buffer.from('b'))).rejects.toThrow('full')
  await expect(behind.end()).rejects.toThrow('full')
  expect(disk.written).toEqual(['a'])
})

/** Writes when it is told that it is done. */
function slowDisk() {
  const written: string[] = []
  let now = Promise.withResolvers<void>()
  return {
    written,
    write: (bytes: Buffer) => {
      written.push(bytes.toString())
      now = Promise.withResolvers<void>()
      return now.promise
    },
    done: () => now.resolve(),
    fail: () => now.reject(new Error('full')),
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
