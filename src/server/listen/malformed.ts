import type { Duplex } from 'node:stream'
import { renderProblem } from '../../protocol/problems.ts'
import { Refusal } from '../refusal.ts'
import type { Traffic } from './traffic.ts'

interface Place {
  socket: Duplex
  traffic: Traffic
  now: number
}

/**
 * Answers what is not HTTP, as far as there is somebody to answer: a refusal like any other. After it the
 * connection is of no use.
 */
export function answerMalformed(
  error: NodeJS.ErrnoException,
  { socket, traffic, now }: Place,
): Refusal | undefined {
  const refusal = refusalOf(error)
  if (refusal === undefined || !socket.writable) {
    socket.destroy()
    return undefined
  }
  if (!traffic.isAnswerable(socket)) {
    traffic.endWhenAnswered(socket)
    return undefined
  }
  socket.end(renderAnswer(refusal, now))
  setTimeout(() => socket.destroy(), lingerMs).unref()
  return refusal
}

/** So long may a peer read its answer that still sends what nobody reads. */
export const lingerMs = 1000

function refusalOf({ code = '' }: NodeJS.ErrnoException): Refusal | undefined {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Refusal('too-slow', 'the headers took too long')
  if (code === 'HPE_HEADER_OVERFLOW')
    return new Refusal('message-too-large', 'the headers are too large')
  return code.startsWith('HPE_') ? new Refusal('message-malformed', 'this is not HTTP') : undefined
}

function renderAnswer({ code, message }: Refusal, now: number): string {
  const problem = renderProblem({ code, detail: message, now: new Date(now) })
  const body = JSON.stringify(problem)
  const lines = [
    `HTTP/1.1 ${problem.status} Refused`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
