import { PassThrough } from 'node:stream'
import type { ClientChannel } from 'ssh2'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { pumpOutput, type Sink } from '../../src/remote/channel-output.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

/** A channel whose command has ended, and whether its output is settled yet. */
function begin(sink: Sink) {
  const channel = Object.assign(new PassThrough(), { stderr: new PassThrough() })
  const pumped = pumpOutput(channel as unknown as ClientChannel, {
    mark: 'm',
    sink,
    hasTerminal: false,
  })
  const state = { isSettled: false }
  pumped.drain.done().then(() => {
    state.isSettled = true
  })
  return { channel, state }
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('output is settled when both streams end', async () => {
  const { channel, state } = begin(() => undefined)
  channel.end()
  await pass(10)
  expect(state.isSettled).toBe(false)
  channel.stderr.end()
  await pass(10)
  expect(state.isSettled).toBe(true)
})

test('a silent child that holds it open is waited for one second', async () => {
  const { state } = begin(() => undefined)
  await pass(990)
  expect(state.isSettled).toBe(false)
  await pass(20)
  expect(state.isSettled).toBe(true)
})

test('one that keeps talking is waited for ten', async () => {
  const { channel, state } = begin(() => undefined)
  for (let i = 0; i < 19; i++) {
    channel.write('x')
    await pass(500)
  }
  expect(state.isSettled).toBe(false)
  channel.write('x')
  await pass(600)
  expect(state.isSettled).toBe(true)
})

test('output that is not taken yet is waited for as long as it takes', async () => {
  let take: () => void = () => undefined
  const taken = new Promise<void>((resolve) => {
    take = resolve
  })
  const { channel, state } = begin(() => taken)
  channel.write('x')
  await pass(60_000)
  expect(state.isSettled).toBe(false)
  take()
  await pass(3000)
  expect(state.isSettled).toBe(true)
})
