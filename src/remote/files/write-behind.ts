import { KiB } from '../../protocol/size.ts'

/** As much may wait to be written while more comes. */
const mostUnwritten = 512 * KiB

/**
 * Takes bytes in while earlier ones are still being written, and writes what has come meanwhile at once: so a slow disk
 * costs no waiting for every piece, and a network is not kept waiting by a quick one.
 */
export class WriteBehind {
  readonly #write: (bytes: Buffer) => Promise<void>
  #waiting: Buffer[] = []
  #unwritten = 0
  /** Stays when it failed. */
  #writing: Promise<void> | undefined

  constructor(write: (bytes: Buffer) => Promise<void>) {
    this.#write = write
  }

  /** Resolves when there is room for more. */
  add(bytes: Buffer): Promise<void> {
    this.#waiting.push(bytes)
    this.#unwritten += bytes.length
    this.#writing ??= this.#begin()
    return this.#unwritten > mostUnwritten ? this.#writing : Promise.resolve()
  }

  /** Resolves when all is written; rejects when anything could not be. */
  async end(): Promise<void> {
    await this.#writing
  }

  #begin(): Promise<void> {
    const writing = this.#writeAll()
    writing.catch(() => {
      this.#unwritten = Number.POSITIVE_INFINITY
    })
    return writing
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const bytes = Buffer.concat(this.#waiting.splice(0))
      await this.#write(bytes)
      this.#unwritten -= bytes.length
    }
    this.#writing = undefined
  }
}
