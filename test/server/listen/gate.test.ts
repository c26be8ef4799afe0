import { EventEmitter } from 'node:events'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Gate, makeGate } from '../../../src/server/listen/gate.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const limits = {
  ...{ body: 1, headers: 1, headerTimeout: 10_000, requestTimeout: 1, idleTimeout: 1 },
  connections: 4096,
}

function opened(): { gate: Gate; admitted: Socket[] } {
  const admitted: Socket[] = []
  const gate = makeGate({
    limits: () => limits,
    balancers: () => [],
    admit: (socket) => admitted.push(socket),
    onRefused: (reason) => expect.unreachable(reason),
  })
  return { gate, admitted }
}

/** Connections of one source, as far as the gate looks at them. */
function arriving(gate: Gate, count: number): Socket[] {
  return Array.from({ length: count }, (_, index) => {
    const ends = { remoteAddress: '192.0.2.7', remotePort: index + 1, localPort: 8443 }
    const socket = Object.assign(new EventEmitter(), ends) as unknown as Socket
    gate.arrive(socket)
    return socket
  })
}

describe('of a thousand connections at once', () => {
  test('a few begin their handshake, in the order they came', () => {
    const { gate, admitted } = opened()
    const sockets = arriving(gate, 1000)
    expect(admitted).toEqual(sockets.slice(0, 64))
  })

  test('the next one begins when a handshake is done', () => {
    const { gate, admitted } = opened()
    const [first, ...others] = arriving(gate, 65)
    expect(gate.pass(first as TLSSocket)).toEqual({ address: '192.0.2.7', port: 1 })
    expect(admitted.at(-1)).toBe(others.at(-1))
  })

  test('the next one begins when another one went', () => {
    const { gate, admitted } = opened()
    const sockets = arriving(gate, 66)
    sockets[64]?.emit('close')
    sockets[0]?.emit('close')
    expect(admitted.at(-1)).toBe(sockets[65])
    expect(admitted).toHaveLength(65)
  })

  test('one that ended while it waited begins none', () => {
    const { gate, admitted } = opened()
    const sockets = arriving(gate, 66)
    Object.assign(sockets[64] as Socket, { destroyed: true })
    sockets[0]?.emit('close')
    expect(admitted).toHaveLength(64)
    sockets[64]?.emit('close')
    expect(admitted.at(-1)).toBe(sockets[65])
  })

  test('those that say nothing keep the others waiting for half a second', () => {
    const { gate, admitted } = opened()
    arriving(gate, 129)
    vi.advanceTimersByTime(500)
    expect(admitted).toHaveLength(128)
    vi.advanceTimersByTime(500)
    expect(admitted).toHaveLength(129)
  })
})
