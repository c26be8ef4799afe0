import type { FromSchema } from 'json-schema-to-ts'
import type { ErrorCode } from '../errors.ts'
import type { problem } from './schema/problem.ts'

/** The refusals that an answer can carry: each code of errors.ts that comes over the wire, with its HTTP status. */
export const problemStatus = {
  'message-malformed': 400,
  'token-mistyped': 400,
  'csr-refused': 400,
  'certificate-refused': 401,
  'certificate-expired': 401,
  'certificate-early': 401,
  'certificate-revoked': 401,
  'token-refused': 403,
  'token-expired': 403,
  'token-used-up': 403,
  'token-revoked': 403,
  'token-closed': 403,
  'token-elsewhere': 403,
  'token-other-kind': 403,
  'identity-refused': 403,
  'not-allowed': 403,
  'place-gone': 403,
  'node-pending': 403,
  'node-revoked': 403,
  'not-found': 404,
  'clone-refused': 409,
  'keys-copied': 409,
  'key-in-use': 409,
  'name-taken': 409,
  'node-alive': 409,
  'message-too-large': 413,
  'range-refused': 416,
  'request-unfit': 422,
  'no-such-site': 422,
  'no-such-service': 422,
  'no-such-class': 422,
  'no-such-slot': 422,
  'release-refused': 422,
  'too-slow': 408,
  'config-invalid': 422,
  'version-apart': 422,
  'fact-refused': 422,
  'too-many-requests': 429,
  'server-failed': 500,
  'slots-full': 503,
  'server-busy': 503,
} as const satisfies Partial<Record<ErrorCode, number>>

export type ProblemCode = keyof typeof problemStatus

/** Another code comes from a server that knows more; its status and title still tell enough. */
export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(problemStatus, code)
}

export type ProblemBody = FromSchema<typeof problem>

export interface ProblemFacts {
  code: ProblemCode
  /** Lower case, no full stop; what exactly, without the secrets or hostile texts of the request. */
  detail: string
  /** A JSON pointer into the request. */
  path?: string
  /** Seconds. */
  retryAfter?: number
  /** All that is wrong, one line each. */
  problems?: string[]
  now: Date
}

/** The body of a refusal. */
export function renderProblem({ code, detail, now, ...more }: ProblemFacts): ProblemBody {
  return {
    type: `urn:dynfarm:${code}`,
    code,
    title: code.replaceAll('-', ' '),
    status: problemStatus[code],
    detail,
    ...more,
    time: now.getTime(),
  }
}
