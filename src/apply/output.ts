import type { Readable } from 'node:stream'

export interface Output {
  text: string
  cut: boolean
}

/** Reads a stream to its end, keeping the head and the tail of what comes within the limit. */
export class OutputCollector {
  /** Every byte seen so far, kept or not. */
  bytes = 0
  ended = false
  /** Resolves when the stream is over; never rejects. */
  readonly end: Promise<void>
  readonly #stream: Readable
  readonly #half: number
  readonly #head: Buffer[] = []
  #headBytes = 0
  #tail: Buffer[] = []
  #tailBytes = 0

  constructor(stream: Readable, limit: number) {
    this.#stream = stream
    this.#half = Math.floor(limit / 2)
    stream.on('data', (chunk: Buffer) => this.#take(chunk))
    this.end = new Promise((resolve) => stream.once('close', resolve))
    this.end.then(() => {
      this.ended = true
    })
  }

  /** Reads no further. */
  letGo(): void {
    this.#stream.destroy()
  }

  /** Not UTF-8 is shown with replacement characters. */
  read(): Output {
    const tail = Buffer.concat(this.#tail).subarray(-this.#half)
    const left = this.bytes - this.#headBytes - tail.length
    const head = Buffer.concat(this.#head)
    if (left === 0) return { text: Buffer.concat([head, tail]).toString(), cut: false }
    return { text: `${head.toString()}\n[${left} bytes left out]\n${tail.toString()}`, cut: true }
  }

  #take(chunk: Buffer): void {
    this.bytes += chunk.length
    const toHead = chunk.subarray(0, this.#half - this.#headBytes)
    if (toHead.length > 0) this.#head.push(toHead)
    this.#headBytes += toHead.length
    this.#keepTail(chunk.subarray(toHead.length))
  }

  #keepTail(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#tail.push(chunk)
    this.#tailBytes += chunk.length
    if (this.#tailBytes > 4 * this.#half) this.#compactTail()
  }

  /** Only now and then, so that a flood of small chunks costs no copy each. */
  #compactTail(): void {
    this.#tail = [Buffer.from(Buffer.concat(this.#tail).subarray(-this.#half))]
    this.#tailBytes = this.#tail[0]?.length ?? 0
  }
}
