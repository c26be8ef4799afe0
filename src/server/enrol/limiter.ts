import type { Time } from '../../protocol/records.ts'

/** Token buckets, one a key. */
export interface Limiter {
  /** Takes one: 0 when there was one, otherwise the seconds until there is. */
  take(key: string, at: Time): number
}

interface Bucket {
  filled: number
  at: Time
}

/** So many keys are remembered; of more, those that were quiet longest begin anew. */
const most = 10_000

export function makeLimiter({ burst, everyMs }: { burst: number; everyMs: number }): Limiter {
  const buckets = new Map<string, Bucket>()
  return {
    take: (key, at) => {
      const bucket = refill(buckets.get(key) ?? { filled: burst, at })
      buckets.delete(key)
      buckets.set(key, bucket)
      if (buckets.size > most) buckets.delete(buckets.keys().next().value ?? '')
      if (bucket.filled < 1) return Math.ceil(((1 - bucket.filled) * everyMs) / 1000)
      bucket.filled -= 1
      return 0

      function refill({ filled, at: before }: Bucket): Bucket {
        const since = Math.max(at - before, 0)
        return { filled: Math.min(filled + since / everyMs, burst), at }
      }
    },
  }
}
