import type { FastifyError, FastifyReply } from 'fastify'
import { DynfarmError } from '../errors.ts'
import { isProblemCode, renderProblem } from '../protocol/problems.ts'
import type { Caller, Source } from './call.ts'
import { Refusal } from './refusal.ts'
import type { Server } from './server.ts'

interface Failed {
  reply: FastifyReply
  caller: Caller | undefined
  source: Source | null
  server: Server
}

export function answerError(error: unknown, { reply, server }: Failed): FastifyReply {
  const refusal = refusalOf(error)
  if (refusal !== undefined) return sendProblem(reply, refusal, server)
  server.log.error(error instanceof Error ? (error.stack ?? error.message) : String(error))
  return sendProblem(reply, new Refusal('server-failed', 'the server failed'), server)
}

/** What was refused by one of ours, or by Fastify while it read the request; undefined: it is a bug. */
function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  if (error instanceof DynfarmError) return known(error)
  const { statusCode, code } = error as Partial<FastifyError>
  if (code?.startsWith('FST_') !== true && !(error instanceof SyntaxError)) return undefined
  if (statusCode === 413) return new Refusal('message-too-large', 'the body is too large')
  if (statusCode !== undefined && statusCode >= 500) return undefined
  return new Refusal('message-malformed', 'the body is not JSON, or not announced as JSON')
}

function known({ code, message }: DynfarmError): Refusal | undefined {
  if (code === 'store-unavailable')
    return new Refusal('server-busy', 'the store does not answer', { retryAfter: 5 })
  return isProblemCode(code) ? new Refusal(code, message) : undefined
}

export function sendProblem(
  reply: FastifyReply,
  { code, message, options: { path, retryAfter } }: Refusal,
  { now }: Server,
): FastifyReply {
  const body = renderProblem({
    code,
    detail: message,
    now: new Date(now()),
    ...(path !== undefined && { path }),
    ...(retryAfter !== undefined && { retryAfter }),
  })
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body))
}
