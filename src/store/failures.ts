import { DynfarmError, type ErrorCode } from '../errors.ts'

/** What a failed statement says: of the work that made it, of the moment, or of the database itself. */
export type Fault = 'work' | 'passing' | 'fatal' | 'damaged'

export function storeFailure(
  code: Extract<ErrorCode, `store-${string}`>,
  message: string,
  cause?: unknown,
): DynfarmError {
  const because = cause instanceof Error && cause.message !== '' ? `: ${cause.message}` : ''
  return new DynfarmError(code, `${message}${because}`, { cause })
}

/** The error that whoever asked the store is given. */
export function asFailure(error: unknown, fault: Fault): unknown {
  if (error instanceof DynfarmError || fault === 'work') return error
  return fault === 'damaged'
    ? storeFailure('store-damaged', 'the database is damaged', error)
    : storeFailure('store-unavailable', 'the database cannot be used', error)
}

/** Whether what was to be committed was done is unknown: only who asked for it can find out. */
export function commitFailure(cause: unknown): DynfarmError {
  return storeFailure(
    'store-unavailable',
    'a commit failed, and whether it was done is unknown',
    cause,
  )
}
