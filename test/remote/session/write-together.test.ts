import { Duplex } from 'node:stream'
import { expect, test } from 'vitest'
import { writeTogether } from '../../../src/remote/session/write-together.ts'

test('what is written in one turn goes in one piece, what comes later in the next', async () => {
  const pieces: string[] = []
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk, _, done) => {
      pieces.push(String(chunk))
      done()
    },
    writev: (chunks, done) => {
      pieces.push(chunks.map(({ chunk }) => String(chunk)).join('+'))
      done()
    },
  })
  writeTogether(socket)
  for (const piece of ['length', 'packet', 'tag']) socket.write(piece)
  expect(pieces).toEqual([])
  await new Promise(setImmediate)
  socket.write('next')
  await new Promise(setImmediate)
  socket.write('last')
  socket.end()
  await new Promise(setImmediate)
  expect(pieces).toEqual(['length+packet+tag', 'next', 'last'])
})
