import { setTimeout as sleep } from 'node:timers/promises'

/** So long is a database waited for after the first failure, in milliseconds. */
const patience = 10_000

/** Tries again, with growing pauses, while the failure is one that passes. Then throws the last. */
export async function withPatience<T>(
  attempt: () => Promise<T>,
  isPassing: (error: unknown) => boolean,
): Promise<T> {
  let deadline = Number.POSITIVE_INFINITY
  for (let pause = 50; ; pause = Math.min(pause * 2, 1000)) {
    try {
      return await attempt()
    } catch (error) {
      deadline = Math.min(deadline, Date.now() + patience)
      if (!isPassing(error) || Date.now() >= deadline) throw error
      await sleep(pause)
    }
  }
}
