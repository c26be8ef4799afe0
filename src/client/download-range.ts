import type { Manifest } from '../pki/manifest-facts.ts'
import { malformed } from './requests/answer.ts'
import type { Received } from './requests/line.ts'

/**
 * What to ask for when so many bytes are there. The entity tag of an executable is its hash, so that a file that
 * became another one meanwhile is sent whole.
 */
export function rangeHeaders(at: number, { hash }: Manifest): Record<string, string> {
  if (at === 0) return { 'accept-encoding': 'zstd' }
  return { 'accept-encoding': 'identity', range: `bytes=${at}-`, 'if-range': `"${hash}"` }
}

/** Whether the answer begins at the beginning; otherwise it goes on where it was asked to. */
export function isWholeAnew(
  { status, headers }: Received,
  { at, size }: { at: number; size: number },
): boolean {
  const encoding = headers['content-encoding'] ?? 'identity'
  const isKnown = encoding === 'identity' || (encoding === 'zstd' && at === 0)
  if (!isKnown) throw malformed('it is encoded in a way that nobody asked for')
  if (status !== 206) return true
  const range = `bytes ${at}-${size - 1}/${size}`
  if (at > 0 && headers['content-range'] === range) return false
  throw malformed('it is not the part of the file that was asked for')
}

/** What zstd can make longer than it is, and a little. */
export function longestEncoded(size: number): number {
  return size + Math.ceil(size / 128) + 64 * 1024
}
