import { isSystemError, systemMessage } from '../apply/system-error.ts'
import { DynfarmError } from '../errors.ts'

/** What the system says of a file that the user named; anything else stays what it is. */
export function unreadable(path: string, error: unknown): unknown {
  if (!isSystemError(error)) return error
  const message = `"${path}" cannot be read: ${systemMessage(error)}`
  return new DynfarmError('file-refused', message, { cause: error })
}
