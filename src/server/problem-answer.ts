import { randomBytes } from 'node:crypto'
import type { FastifyError, FastifyReply } from 'fastify'
import { DynfarmError } from '../errors.ts'
import { type Problem, renderProblems } from '../profile/problem.ts'
import { isProblemCode, problemStatus, renderProblem } from '../protocol/problems.ts'
import { Refusal } from './refusal.ts'
import type { Server } from './server.ts'

/** What the caller is told of anything that was thrown; of a bug only where the log has it. */
export function refusalOf(error: unknown, { log }: Pick<Server, 'log'>): Refusal {
  const expected = expectedRefusal(error)
  if (expected !== undefined) return expected
  const id = randomBytes(4).toString('hex')
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  log.error(`server-failed ${id}: ${stack}`)
  return new Refusal('server-failed', `the server failed; its log says why, under "${id}"`)
}

/** Refused by one of ours, or by Fastify while it read the request; undefined: it is a bug. */
function expectedRefusal(error: unknown): Refusal | undefined {
  if (error instanceof Refusal) return error
  if (error instanceof DynfarmError) return fromCode(error)
  // Anything can be thrown, and what has a code may have a number there.
  const { statusCode, code }: Partial<FastifyError> = error instanceof Error ? error : {}
  if (typeof code !== 'string' || !code.startsWith('FST_')) return undefined
  if (statusCode === 413) return new Refusal('message-too-large', 'the body is too large')
  if (statusCode !== undefined && statusCode >= 500) return undefined
  return new Refusal('message-malformed', 'the body is not JSON, or not announced as JSON')
}

function fromCode({ code, message, details }: DynfarmError): Refusal | undefined {
  if (code === 'store-unavailable')
    return new Refusal('server-busy', 'the store does not answer', { retryAfter: 5 })
  if (!isProblemCode(code)) return undefined
  const problems = (details?.['problems'] ?? []) as readonly Problem[]
  const [headline = ''] = message.split('\n')
  return new Refusal(code, headline, problems.length > 0 ? { problems: linesOf(problems) } : {})
}

/** Without the text of the files, as far as the protocol's limits go. */
function linesOf(problems: readonly Problem[]): string[] {
  return problems
    .slice(0, 1000)
    .map(({ source: _, ...problem }) => renderProblems([problem]).trimEnd().slice(0, 1000))
}

export function sendProblem(
  reply: FastifyReply,
  { code, message, options: { path, retryAfter, problems } }: Refusal,
  { now }: Pick<Server, 'now'>,
): FastifyReply {
  const body = renderProblem({
    code,
    detail: message,
    now: new Date(now()),
    ...(path !== undefined && { path }),
    ...(retryAfter !== undefined && { retryAfter }),
    ...(problems !== undefined && { problems }),
  })
  if (retryAfter !== undefined) reply.header('retry-after', String(retryAfter))
  if (endsConnection(code)) reply.header('connection', 'close')
  return reply.code(body.status).type('application/problem+json').send(JSON.stringify(body))
}

/** A certificate that is refused is so for every request of its connection. */
function endsConnection(code: Refusal['code']): boolean {
  return problemStatus[code] === 401 || code === 'node-revoked'
}
