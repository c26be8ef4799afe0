import { vi } from 'vitest'
import type { Position } from '../../../src/protocol/records.ts'
import { waitForHubs } from '../../../src/server/hubs/wait.ts'
import type { Server } from '../../../src/server/server.ts'

/** Waits for the hubs without its two seconds, which a busy machine may need for what the test does meanwhile. */
export function waitPatiently(server: Server, position: Position): Promise<boolean> {
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  try {
    return waitForHubs(server, position, new AbortController().signal)
  } finally {
    vi.useRealTimers()
  }
}
