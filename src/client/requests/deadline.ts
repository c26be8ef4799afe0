import { DynfarmError } from '../../errors.ts'
import { TimeoutError } from './fault.ts'

/** Ends a request when its time is up, or when the caller wants no more of it. */
export interface Deadline {
  signal: AbortSignal
  /** Must be called when the request is over. */
  clear(): void
}

export function startDeadline(ms: number, wanted: AbortSignal | undefined): Deadline {
  const controller = new AbortController()
  const interrupt = () => controller.abort(new DynfarmError('interrupted', 'interrupted'))
  const timer = setTimeout(() => controller.abort(new TimeoutError('no answer in time')), ms)
  if (wanted?.aborted === true) interrupt()
  else wanted?.addEventListener('abort', interrupt, { once: true })
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer)
      wanted?.removeEventListener('abort', interrupt)
    },
  }
}
