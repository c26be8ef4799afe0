import { type FarPlace, parseStart, startMark } from './far-side/command.ts'

/**
 * Takes the line that tells of the command's start out of a stream. What comes before it, from the account's own
 * start-up files, goes on to the output like everything after it.
 */
export class MarkFinder {
  place: FarPlace | undefined
  readonly #mark: RegExp
  #held = Buffer.alloc(0)

  constructor(mark: string) {
    this.#mark = startMark(mark)
  }

  /** What of the stream is output. */
  take(chunk: Buffer): Buffer {
    if (this.place !== undefined) return chunk
    this.#held = Buffer.concat([this.#held, chunk])
    const line = this.#mark.exec(this.#held.toString('latin1'))
    if (line === null) return this.#release(Math.max(0, this.#held.length - mostHeld))
    this.place = parseStart(line)
    const before = this.#release(line.index)
    const after = this.#held.subarray(line[0].length)
    this.#held = Buffer.alloc(0)
    return Buffer.concat([before, after])
  }

  /** What was held back for a mark that never came. */
  rest(): Buffer {
    return this.#release(this.#held.length)
  }

  #release(bytes: number): Buffer {
    const released = this.#held.subarray(0, bytes)
    this.#held = this.#held.subarray(bytes)
    return released
  }
}

/** Longer than any mark, and short enough to search at every chunk. */
const mostHeld = 8192
