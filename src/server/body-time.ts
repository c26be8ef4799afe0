import type { IncomingMessage } from 'node:http'
import type { Limits } from './limits.ts'

interface BodyTime {
  limits: Limits
  /** Bytes that this request may have. */
  bodyLimit: number
  onLate(): void
}

/**
 * An ordinary request has to be there in time. A large one, which only the centre's own hosts and administrators
 * may send, has to come on: in each such time at least as much as an ordinary one has.
 */
export function watchBody(request: IncomingMessage, { limits, bodyLimit, onLate }: BodyTime): void {
  const isLarge = bodyLimit > limits.body
  let seen = request.socket.bytesRead
  const check = (): void => {
    if (request.complete || request.destroyed) return
    const came = request.socket.bytesRead - seen
    seen += came
    if (isLarge && came >= limits.body) wait()
    else onLate()
  }
  const wait = (): void => {
    const timer = setTimeout(check, limits.requestTimeout).unref()
    request.once('close', () => clearTimeout(timer))
  }
  wait()
}
