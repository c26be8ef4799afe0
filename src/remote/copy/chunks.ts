import { KiB } from '../../protocol/size.ts'
import type { Input } from '../input.ts'
import type { Limit } from './limit.ts'

/** What one host is given at a time, so that many hosts together do not fill the memory. */
const piece = 64 * KiB

export interface Sending {
  limit: Limit
  onSent(bytes: number): void
}

/** Gives a command its input piece by piece: small ones together, large ones taken apart. */
export function inputOf(source: AsyncIterable<Buffer>, { limit, onSent }: Sending): Input {
  const pieces = cutEven(source)
  return {
    read: async () => {
      const { done, value } = await pieces.next()
      if (done === true) return undefined
      await limit.take(value.length)
      onSent(value.length)
      return value
    },
    close: () => void pieces.return(undefined),
  }
}

async function* cutEven(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, undefined> {
  let held: Buffer[] = []
  let bytes = 0
  for await (const chunk of source) {
    held.push(chunk)
    bytes += chunk.length
    if (bytes < piece) continue
    const whole = held.length === 1 ? chunk : Buffer.concat(held)
    const even = whole.length - (whole.length % piece)
    for (let at = 0; at < even; at += piece) yield whole.subarray(at, at + piece)
    held = even === whole.length ? [] : [whole.subarray(even)]
    bytes = whole.length - even
  }
  if (bytes > 0) yield Buffer.concat(held)
  return undefined
}

export async function* once(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text, 'latin1')
}

export async function* after<T = never>(
  text: string,
  rest: AsyncIterable<Buffer | T>,
): AsyncGenerator<Buffer | T> {
  yield Buffer.from(text, 'latin1')
  yield* rest
}
