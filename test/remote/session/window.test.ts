import { EventEmitter } from 'node:events'
import type { Client, ClientChannel } from 'ssh2'
import { expect, test } from 'vitest'
import { beginWith, keepOpen, windowFor } from '../../../src/remote/session/window.ts'

const [KiB, MiB] = [1024, 1024 ** 2]

test.each([
  [0, 2 * MiB],
  [1, 2 * MiB],
  [16, 2 * MiB],
  [64, 512 * KiB],
  [500, 128 * KiB],
])('all of %i hosts together send a bounded amount unheard', (hosts, window) => {
  expect(windowFor(hosts)).toBe(window)
})

test('a command begins with the window of its connection', () => {
  const asked: number[][] = []
  const protocol = { session: (...given: number[]) => void asked.push(given) }
  beginWith({ _protocol: protocol } as unknown as Client, 512 * KiB)
  protocol.session(4, 2 * MiB, 32 * KiB)
  expect(asked).toEqual([[4, 512 * KiB, 32 * KiB]])
})

test.each([
  ['a part of the window has come', {}, 256 * KiB],
  ['it came as errors', { by: 'stderr' }, 256 * KiB],
  ['all input has been given as well', { state: 'eof' }, 256 * KiB],
  ['the window is small', { window: 512 * KiB, came: 64 * KiB }, 64 * KiB],
  ['less has come', { came: 255 * KiB }, 0],
  ['less of a small window has come', { window: 512 * KiB, came: 63 * KiB }, 0],
  ['it waits here to be taken', { unread: MiB + 1 }, 0],
  ['errors wait here to be taken', { unreadErrors: MiB + 1 }, 0],
  ['more waits than half of a small window', { window: 512 * KiB, unread: 257 * KiB }, 0],
  ['the channel is about to close', { state: 'closing' }, 0],
])('when %s, the far side may send so much more', (_, given: Given, more) => {
  const { state = 'open', came = 256 * KiB, unread = 0, unreadErrors = 0 } = given
  const granted: number[] = []
  const stderr = Object.assign(new EventEmitter(), { readableLength: unreadErrors })
  const channel = Object.assign(new EventEmitter(), {
    ...{ incoming: { window: 2 * MiB - came }, outgoing: { id: 3, state }, readableLength: unread },
    ...{ stderr },
    _client: {
      _protocol: { channelWindowAdjust: (_id: number, bytes: number) => granted.push(bytes) },
    },
  })
  keepOpen(channel as unknown as ClientChannel, given.window ?? 2 * MiB)
  const from = given.by === 'stderr' ? stderr : channel
  from.emit('data')
  expect(granted).toEqual(more === 0 ? [] : [more])
  expect(channel.incoming.window).toBe(2 * MiB - came + more)
})

interface Given {
  state?: string
  came?: number
  unread?: number
  unreadErrors?: number
  window?: number
  by?: string
}
