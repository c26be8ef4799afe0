import { once } from 'node:events'
import type { Duplex } from 'node:stream'

/** What a stream begins with; what comes behind it stays to be read. Undefined when it did not come in time. */
export async function readHead<T extends { length: number }>(
  stream: Duplex,
  parse: (bytes: Uint8Array) => T | undefined,
  timeoutMs: number,
): Promise<T | undefined> {
  const over = new AbortController()
  const end = () => over.abort()
  const timer = setTimeout(end, timeoutMs)
  stream.once('end', end).once('close', end)
  let bytes = Buffer.alloc(0)
  try {
    while (true) {
      const chunk: Buffer | null = stream.read()
      if (chunk === null) {
        await once(stream, 'readable', { signal: over.signal })
        continue
      }
      bytes = Buffer.concat([bytes, chunk])
      const head = parse(bytes)
      if (head === undefined) continue
      if (head.length < bytes.length) stream.unshift(bytes.subarray(head.length))
      return head
    }
  } catch {
    return undefined
  } finally {
    clearTimeout(timer)
    stream.off('end', end).off('close', end)
  }
}
