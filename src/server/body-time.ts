import type { IncomingMessage } from 'node:http'
import type { Limits } from './limits.ts'

interface BodyTime {
  limits: Limits
  onLate(): void
}

/**
 * In each such time a body has to bring at least as much as an ordinary one may have in all: so an ordinary one has
 * to be there by then, and a large one, which only the centre's own hosts and administrators may send, to come on.
 */
export function watchBody(request: IncomingMessage, { limits, onLate }: BodyTime): void {
  let seen = request.socket.bytesRead
  const check = (): void => {
    if (request.complete || request.destroyed) return
    const came = request.socket.bytesRead - seen
    seen += came
    if (came >= limits.body) wait()
    else onLate()
  }
  const wait = (): void => {
    const timer = setTimeout(check, limits.requestTimeout).unref()
    request.once('close', () => clearTimeout(timer))
  }
  wait()
}
