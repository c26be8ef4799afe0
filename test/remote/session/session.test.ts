import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { Client } from 'ssh2'
import { expect, test } from 'vitest'
import { algorithmsOf, isPinned } from '../../../src/remote/session/host-key.ts'
import { sessionOf } from '../../../src/remote/session/session.ts'

test('a host that asks for answers and never reads them is let go', () => {
  const socket = new Duplex({ read: () => undefined, write: () => undefined })
  socket.on('error', () => undefined)
  const client = Object.assign(new EventEmitter(), { _protocol: { session: () => undefined } })
  const ended = new Promise<string>(() => undefined)
  sessionOf(client as unknown as Client, { socket: socket as Socket, ended, window: 2 ** 20 })
  socket.write(Buffer.alloc(3 * 2 ** 20))
  socket.emit('data', Buffer.from('more'))
  expect(socket.destroyed).toBe(false)
  socket.write(Buffer.alloc(2 * 2 ** 20))
  socket.emit('data', Buffer.from('more'))
  expect(socket.destroyed).toBe(true)
})

test('a host is asked for the keys that are known of it, and for no others', () => {
  expect(
    algorithmsOf(['ssh-ed25519 AAAA', 'ssh-rsa AAAA', 'ssh-dss AAAA', 'toString AAAA']),
  ).toEqual(['ssh-ed25519', 'rsa-sha2-512', 'rsa-sha2-256'])
  expect(isPinned(['ssh-ed25519 AAAB'], Buffer.from('AAAB', 'base64'))).toBe(true)
  expect(isPinned(['ssh-ed25519 AAAB'], Buffer.from('AAAC', 'base64'))).toBe(false)
  expect(isPinned([], Buffer.alloc(0))).toBe(false)
  expect(isPinned(['ssh-ed25519'], Buffer.alloc(0))).toBe(false)
})
