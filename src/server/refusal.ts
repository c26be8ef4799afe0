import type { Fault } from '../protocol/messages.ts'
import type { ProblemCode } from '../protocol/problems.ts'

export interface RefusalOptions {
  /** A JSON pointer into the request. */
  path?: string
  /** Seconds. */
  retryAfter?: number
  /** What is wrong, one line each, where it is more than the detail can say. */
  problems?: string[]
  /** What the audit is told beside the code, and the caller is not. */
  audit?: RefusalAudit
}

export interface RefusalAudit {
  subject?: string
  site?: string
  detail?: Readonly<Record<string, unknown>>
}

/** What ends a request with a problem: expected, answered, recorded. Everything else that is thrown is a bug. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: ProblemCode
  readonly options: RefusalOptions

  constructor(code: ProblemCode, detail: string, options: RefusalOptions = {}) {
    super(detail)
    this.code = code
    this.options = options
  }
}

export function malformed({ path, what }: Fault): Refusal {
  return new Refusal('message-malformed', `"${path}" ${what}`, { path })
}
