import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, expect, test } from 'vitest'
import { pauseAfter, sayHello } from '../../../src/client/join/hello.ts'
import { decodeHello, encodeHello, helloPort } from '../../../src/protocol/hello.ts'

/** A loopback address that no other test listens on. */
const to = `127.${[0, 0, 0].map(() => 1 + Math.floor(Math.random() * 250)).join('.')}`
const ends = { from: '127.0.0.1', to }
const hello = { count: 7, rung: 'wg', mtu: 1420 }
let hub: Socket | undefined

afterEach(() => {
  hub?.close()
  hub = undefined
})

/** Answers the one that comes as number `at`, with this count; of all it tells when they came. */
async function listen(answer: (number: number) => number | undefined): Promise<number[]> {
  const times: number[] = []
  const socket = createSocket('udp4')
  socket.on('message', (datagram, from) => {
    expect(decodeHello(datagram)).toEqual(hello)
    const count = answer(times.push(performance.now()))
    if (count !== undefined) socket.send(encodeHello({ ...hello, count }), from.port, from.address)
  })
  socket.bind(helloPort, to)
  await once(socket, 'listening')
  hub = socket
  return times
}

test('is said again until it is answered', async () => {
  const times = await listen((number) => (number === 3 ? hello.count : undefined))
  expect(await sayHello(hello, ends, AbortSignal.timeout(60_000))).toBe(true)
  // One more is said where the answer is a moment late.
  expect(times.length).toBeGreaterThanOrEqual(3)
})

test('is not answered by the answer to another', async () => {
  const times = await listen((number) => (number < 3 ? hello.count - 1 : hello.count))
  expect(await sayHello(hello, ends, AbortSignal.timeout(60_000))).toBe(true)
  // One more is said where the answer is a moment late.
  expect(times.length).toBeGreaterThanOrEqual(3)
})

test('is said often at first, and nobody is pressed for ever', () => {
  const within = (milliseconds: number) => {
    let told = 0
    for (let now = 0; now <= milliseconds; told += 1) now += pauseAfter(told)
    return told
  }
  expect(within(500)).toBeGreaterThan(20)
  expect(within(5000) - within(4000)).toBeLessThan(6)
})

test('ends unheard where this machine never gets the address to say it from', async () => {
  const times = await listen(() => hello.count)
  const isHeard = await sayHello(hello, { from: '192.0.2.1', to }, AbortSignal.timeout(100))
  expect({ isHeard, times }).toEqual({ isHeard: false, times: [] })
})
