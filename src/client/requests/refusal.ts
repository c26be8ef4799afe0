import { DynfarmError, type ErrorCode } from '../../errors.ts'
import { decode } from '../../protocol/decode.ts'
import { isProblemCode, type ProblemBody } from '../../protocol/problems.ts'
import { problem } from '../../protocol/schema/problem.ts'

/** The problem that a body holds, cleaned, or undefined where it holds none. */
export function readProblem(body: unknown): ProblemBody | undefined {
  const decoded = decode(problem, body)
  return 'value' in decoded ? (decoded.value as ProblemBody) : undefined
}

/** The error that a server's refusal is here. A code that a newer server brought is told by status and title. */
export function refusalOf(body: ProblemBody): DynfarmError {
  const { code, title, status, detail, path, problems, retryAfter, time } = body
  const said = detail === undefined || detail === '' ? title : detail
  const details = {
    time,
    ...(typeof retryAfter === 'number' && { retryAfter }),
    ...(path !== undefined && { path }),
    ...(problems !== undefined && { problems }),
  }
  if (isProblemCode(code)) return new DynfarmError(code, `${said}${pause(retryAfter)}`, { details })
  const message = `the server refuses, with status ${status} and "${title}"`
  return new DynfarmError(codeOf(status), `${message}${detail ? `: ${detail}` : ''}`, {
    details: { ...details, status, serverCode: code },
  })
}

function pause(retryAfter: number | null | undefined): string {
  return typeof retryAfter === 'number' ? `; try again in ${retryAfter} s` : ''
}

/** By what HTTP says of the status: whether trying again can help. */
export function codeOf(status: number): ErrorCode {
  if (status === 429) return 'too-many-requests'
  return status >= 500 ? 'server-failed' : 'server-refused'
}
