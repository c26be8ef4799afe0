import { getSystemErrorMessage } from 'node:util'

export interface SystemError extends Error {
  code: string
  errno: number
}

export function isSystemError(error: unknown, ...codes: string[]): error is SystemError {
  if (!(error instanceof Error) || !('code' in error) || !('errno' in error)) return false
  return codes.length === 0 || codes.includes(String(error.code))
}

export async function absentAsUndefined<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return undefined
    throw error
  }
}

/** The kernel's words without the name of the call. */
export function systemMessage(error: unknown): string {
  if (isSystemError(error)) return getSystemErrorMessage(error.errno)
  return error instanceof Error ? error.message : String(error)
}
