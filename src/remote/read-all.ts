import type { Readable } from 'node:stream'
import { DynfarmError } from '../errors.ts'

/** All of a stream as text, as long as it stays within the limit. */
export async function readAll(stream: Readable, limit: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    const buffer = Buffer.from(chunk)
    chunks.push(buffer)
    bytes += buffer.length
    if (bytes > limit)
      throw new DynfarmError('file-refused', `a list is longer than ${limit} bytes`)
  }
  return Buffer.concat(chunks).toString()
}
