import { EventEmitter } from 'node:events'
import type { ClientChannel } from 'ssh2'
import { expect, test } from 'vitest'
import { keepOpen } from '../../../src/remote/session/window.ts'

const [KiB, MiB] = [1024, 1024 ** 2]

test.each([
  ['a quarter of a MiB has come', {}, 256 * KiB],
  ['all input has been given as well', { state: 'eof' }, 256 * KiB],
  ['less has come', { came: 255 * KiB }, 0],
  ['it waits here to be taken', { unread: MiB + 1 }, 0],
  ['the channel is about to close', { state: 'closing' }, 0],
])('when %s, the far side may send so much more', (_, given, more) => {
  const { state = 'open', came = 256 * KiB, unread = 0 }: Given = given
  const granted: number[] = []
  const channel = Object.assign(new EventEmitter(), {
    ...{ incoming: { window: 2 * MiB - came }, outgoing: { id: 3, state }, readableLength: unread },
    _client: {
      _protocol: { channelWindowAdjust: (_id: number, bytes: number) => granted.push(bytes) },
    },
  })
  keepOpen(channel as unknown as ClientChannel)
  channel.emit('data')
  expect(granted).toEqual(more === 0 ? [] : [more])
  expect(channel.incoming.window).toBe(2 * MiB - came + more)
})

interface Given {
  state?: string
  came?: number
  unread?: number
}
