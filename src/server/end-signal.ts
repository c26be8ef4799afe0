import type { ServerResponse } from 'node:http'

/** Ends when nobody waits for this answer any more: it was given, its peer has gone, or the server is to end. */
export function endSignal(response: ServerResponse, draining: AbortSignal): AbortSignal {
  const end = new AbortController()
  const abort = (): void => end.abort()
  if (draining.aborted) abort()
  draining.addEventListener('abort', abort)
  response.once('close', () => {
    draining.removeEventListener('abort', abort)
    abort()
  })
  return end.signal
}
