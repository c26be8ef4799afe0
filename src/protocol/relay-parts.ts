/**
 * A stream that is put together on a node: parts that are sent to it, and parts of files that a sibling has. Each begins
 * with a line; the last line tells that nothing was cut off.
 */

/** A file from there to its end, by its hash. */
export interface FilePart {
  hash: string
  offset: number
  size: number
}

export type Part = Buffer | FilePart

export async function* encodeParts(
  order: Promise<object>,
  parts: AsyncIterable<Part>,
): AsyncGenerator<Buffer> {
  yield line(JSON.stringify(await order))
  for await (const part of parts) {
    if (!Buffer.isBuffer(part)) yield line(`F ${part.hash} ${part.offset} ${part.size}`)
    else if (part.length > 0) yield Buffer.concat([line(`L ${part.length}`), part])
  }
  yield line('E')
}

function line(text: string): Buffer {
  return Buffer.from(`${text}\n`)
}

/** Rejects where the stream is none, or ends too early. */
export async function* decodeParts(input: LineReader): AsyncGenerator<Part> {
  for (;;) {
    const head = await input.line()
    if (head === 'E') return
    const [, length] = /^L (\d{1,15})$/.exec(head) ?? []
    if (length !== undefined) yield* input.bytes(Number(length))
    else yield filePart(head)
  }
}

function filePart(head: string): FilePart {
  const [, hash, offset, size] = /^F ([0-9a-f]{64}) (\d{1,15}) (\d{1,15})$/.exec(head) ?? []
  if (hash === undefined) throw new Error('what came is not understood')
  return { hash, offset: Number(offset), size: Number(size) }
}

/** Lines and counted bytes, as they stand one behind the other in a stream. */
export class LineReader {
  readonly #chunks: AsyncIterator<Buffer>
  readonly #longest: number
  #held: Buffer = Buffer.alloc(0)

  constructor(source: AsyncIterable<Buffer>, longest: number) {
    this.#chunks = source[Symbol.asyncIterator]()
    this.#longest = longest
  }

  async line(): Promise<string> {
    const chunks: Buffer[] = []
    for (let length = 0; length <= this.#longest; ) {
      const chunk = await this.#next()
      const at = chunk.indexOf(10)
      chunks.push(at === -1 ? chunk : chunk.subarray(0, at))
      this.#held = at === -1 ? Buffer.alloc(0) : chunk.subarray(at + 1)
      if (at !== -1) return Buffer.concat(chunks).toString()
      length += chunk.length
    }
    throw new Error('a line has no end')
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      const chunk = await this.#next()
      const part = chunk.subarray(0, left)
      this.#held = chunk.subarray(part.length)
      left -= part.length
      yield part
    }
  }

  async #next(): Promise<Buffer> {
    if (this.#held.length > 0) return this.#held
    const { done, value } = await this.#chunks.next()
    if (done === true) throw new Error('it came to its end too early')
    return value
  }
}
