import { pause } from '../deadline.ts'

/** Gives leave for so many bytes a second, to all who ask together, in the order in which they ask. */
export interface Limit {
  take(bytes: number): Promise<void> | undefined
}

export const noLimit: Limit = { take: () => undefined }

/** Who asks late has not saved anything up, but a tenth of a second. */
const burst = 100

export function limitTo(
  bitsPerSecond: number,
  { now = () => performance.now(), wait = pause } = {},
): Limit {
  const perMs = bitsPerSecond / 8000
  let free = now()
  return {
    take: (bytes) => {
      free = Math.max(free, now() - burst) + bytes / perMs
      const ms = free - now()
      return ms > 0 ? wait(ms) : undefined
    },
  }
}
