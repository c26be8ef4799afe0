import { setTimeout as sleep } from 'node:timers/promises'
import { DynfarmError } from '../../errors.ts'

export interface Patience {
  /** By performance.now(), since a clock is often set while a machine boots: after it nothing is begun again. */
  until: number
  signal?: AbortSignal | undefined
  /** Is told why something is tried again, and when. */
  say(message: string): void
  random?: () => number
}

/** Tries again, later and later, what may go better by itself: until it does, or the deadline comes. */
export async function persist<T>(attempt: () => Promise<T>, patience: Patience): Promise<T> {
  for (let round = 0; ; round += 1) {
    try {
      return await attempt()
    } catch (error) {
      const pauseMs = pauseAfter(round, patience.random)
      if (!isWorthAnother(error) || performance.now() + pauseMs > patience.until) throw error
      patience.say(`${error.message}; trying again in ${Math.ceil(pauseMs / 1000)} s`)
      await pause(pauseMs, patience.signal)
    }
  }
}

/** What a missing program, a failed step, or a server that is away may be otherwise in a moment. */
function isWorthAnother(error: unknown): error is DynfarmError {
  return error instanceof DynfarmError && [69, 71, 75].includes(error.exit)
}

/** 1 s at first, a minute at last; spread, so that machines that start at once do not ask at once. */
export function pauseAfter(round: number, random: () => number = Math.random): number {
  const most = Math.min(60_000, 1000 * 2 ** round)
  return most * (0.5 + random() / 2)
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => {
    throw new DynfarmError('interrupted', 'interrupted')
  })
}
