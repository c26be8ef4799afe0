/** The promise's value, or what `late` throws when the time is over before. */
export async function within<T>(promise: Promise<T>, ms: number, late: () => Error): Promise<T> {
  const clock = startClock(ms)
  try {
    return await Promise.race([promise, clock.over.then(() => Promise.reject(late()))])
  } finally {
    clock.stop()
  }
}

export interface Clock {
  /** Resolves when the time is over; never after it was stopped. */
  over: Promise<void>
  stop(): void
}

/** Without a time it is never over. */
export function startClock(ms: number | undefined): Clock {
  let timer: NodeJS.Timeout | undefined
  const over = new Promise<void>((resolve) => {
    if (ms !== undefined) timer = setTimeout(resolve, ms)
  })
  return { over, stop: () => clearTimeout(timer) }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
