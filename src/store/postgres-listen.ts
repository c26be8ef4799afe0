import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Watchers } from './watch.ts'

export const channel = 'dynfarm'

export interface Listener {
  close(): Promise<void>
}

/** Wakes the watchers at what any server announces, and after a time in which it may have missed some. */
export function listen(config: pg.ClientConfig, watchers: Watchers): Listener {
  const stop = new AbortController()
  const running = listenAgainAndAgain(config, watchers, stop.signal)
  return {
    close: async () => {
      stop.abort()
      await running
    },
  }
}

const pauseMilliseconds = 1000

async function listenAgainAndAgain(
  config: pg.ClientConfig,
  watchers: Watchers,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await listenOnce(config, watchers, signal).catch(() => {})
    await sleep(pauseMilliseconds, undefined, { signal }).catch(() => {})
  }
}

async function listenOnce(
  config: pg.ClientConfig,
  watchers: Watchers,
  signal: AbortSignal,
): Promise<void> {
  const client = new pg.Client(config)
  client.on('notification', watchers.wake)
  const ended = new Promise<void>((resolve) => {
    client.on('error', () => resolve()).on('end', () => resolve())
    signal.addEventListener('abort', () => resolve())
  })
  try {
    await client.connect()
    await client.query(`listen ${channel}`)
    watchers.wake()
    await ended
  } finally {
    await client.end().catch(() => {})
  }
}
