import { describe, expect, test } from 'vitest'
import { fanOut } from '../../src/remote/fan-out.ts'
import { HostFault } from '../../src/remote/outcome.ts'
import { backoff, type HostPlan, runHost } from '../../src/remote/run-host.ts'
import type { Session } from '../../src/remote/session/session.ts'

const target = { name: 'a-1', addresses: [], port: 22, hostKeys: [], hasChangedKeys: false }

function plan(faults: readonly HostFault[], over: Partial<HostPlan> = {}) {
  const waits: number[] = []
  const left = [...faults]
  const whole: HostPlan = {
    work: async () => Promise.reject(new Error('no connection was expected')),
    signal: new AbortController().signal,
    connect: async (): Promise<Session> => {
      throw left.shift() ?? new HostFault('refused', 'auth', { reason: 'last' })
    },
    retries: 2,
    wait: async (ms) => void waits.push(ms),
    random: () => 0.5,
    ...over,
  }
  return { whole, waits }
}

const unreachable = new HostFault('unreachable', 'connect', { reason: 'x' })
const drop = new HostFault('unreachable', 'connect', { reason: 'dropped', isDrop: true })
const hostkey = new HostFault('hostkey', 'auth', { reason: 'other' })

describe('what failed before the command started', () => {
  test('is tried as often as was asked for, later each time', async () => {
    const { whole, waits } = plan([unreachable, unreachable, unreachable])
    expect(await runHost(target, whole)).toMatchObject({ class: 'unreachable', attempts: 3 })
    expect(waits).toEqual([100, 200])
  })

  test('is not tried again unless that was asked for', async () => {
    const { whole } = plan([unreachable], { retries: 0 })
    expect(await runHost(target, whole)).toMatchObject({ class: 'unreachable', attempts: 1 })
  })

  test('is tried again in any case where the host only dropped it', async () => {
    const { whole, waits } = plan([drop, drop, drop], { retries: 0 })
    expect(await runHost(target, whole)).toMatchObject({ class: 'refused', attempts: 4 })
    expect(waits).toHaveLength(3)
    const always = plan(Array(20).fill(drop), { retries: 0 })
    expect(await runHost(target, always.whole)).toMatchObject({ class: 'unreachable', attempts: 9 })
  })

  test('drops do not use up what was asked for', async () => {
    const { whole } = plan([drop, drop, unreachable, unreachable, unreachable])
    expect(await runHost(target, whole)).toMatchObject({ class: 'unreachable', attempts: 5 })
  })

  test('is not tried again where it would end the same way', async () => {
    const { whole } = plan([hostkey])
    expect(await runHost(target, whole)).toMatchObject({ class: 'hostkey', attempts: 1 })
  })

  test('is not tried again after a stop', async () => {
    const stop = new AbortController()
    const { whole } = plan([unreachable, unreachable], {
      wait: async () => stop.abort(),
      signal: stop.signal,
    })
    expect(await runHost(target, whole)).toMatchObject({ class: 'skipped', started: false })
  })

  test('keeps its reason when the stop comes while it fails', async () => {
    const stop = new AbortController()
    const { whole, waits } = plan([], {
      signal: stop.signal,
      connect: async () => {
        queueMicrotask(() => stop.abort())
        throw unreachable
      },
    })
    expect(await runHost(target, whole)).toMatchObject({ class: 'unreachable', attempts: 1 })
    expect(waits).toEqual([])
  })

  test('is anything but a bug', async () => {
    const { whole } = plan([], { connect: async () => Promise.reject(new TypeError('bug')) })
    await expect(runHost(target, whole)).rejects.toThrow('bug')
  })
})

test('pauses grow to a bound, and chance spreads them', () => {
  expect([1, 2, 6, 60].map((attempts) => backoff(attempts, 0.5))).toEqual([100, 200, 3200, 3200])
  expect([backoff(1, 0), backoff(1, 0.999)].map(Math.round)).toEqual([50, 150])
})

describe('fanning out', () => {
  test('keeps to its width and its order', async () => {
    let running = 0
    let most = 0
    const begun: number[] = []
    const work = async (item: number) => {
      begun.push(item)
      running += 1
      most = Math.max(most, running)
      await new Promise((resolve) => setImmediate(resolve))
      running -= 1
    }
    const items = [1, 2, 3, 4, 5, 6, 7]
    expect(await fanOut(items, work, { width: 3, isStopped: () => false })).toEqual([])
    expect({ most, begun }).toEqual({ most: 3, begun: items })
  })

  test('gives what it did not begin', async () => {
    let isStopped = false
    const work = async (item: number) => {
      if (item === 2) isStopped = true
    }
    expect(await fanOut([1, 2, 3, 4], work, { width: 1, isStopped: () => isStopped })).toEqual([
      3, 4,
    ])
    expect(await fanOut([], work, { width: 8, isStopped: () => false })).toEqual([])
  })
})
