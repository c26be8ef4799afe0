import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Gauge } from './pace.ts'

/** From the first to the second, and back. */
export interface Gauges {
  there: Gauge
  back: Gauge
}

/**
 * Carries bytes both ways until both ended, each end by itself; nothing is read that cannot be passed on. Whatever
 * goes wrong with one ends the other. It never fails: who is at the ends sees it.
 */
export async function joinStreams(a: Duplex, b: Duplex, gauges: Gauges): Promise<void> {
  const broken = new AbortController()
  for (const end of [a, b]) {
    end.on('error', () => {})
    const look = () => {
      if (!end.readableEnded || !end.writableFinished) broken.abort()
    }
    if (end.closed) look()
    else end.once('close', look)
  }
  try {
    const { signal } = broken
    await Promise.all([carry(a, b, gauges.there, signal), carry(b, a, gauges.back, signal)])
  } catch {
    // Told by its end.
  } finally {
    a.destroy()
    b.destroy()
  }
}

async function carry(from: Duplex, to: Duplex, gauge: Gauge, signal: AbortSignal): Promise<void> {
  for await (const chunk of from.iterator({ destroyOnReturn: false })) {
    await gauge(chunk.length)
    if (!to.write(chunk)) await once(to, 'drain', { signal })
  }
  to.end()
  await finished(to, { readable: false, signal })
}
