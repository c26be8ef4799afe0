import { KiB, MiB } from '../../protocol/size.ts'
import type { FoundEntry } from '../files/tree.ts'

export const blockSize: number = 256 * KiB

/** As much of all sources as is kept in memory. */
export const mostKept: number = 64 * MiB

export type ReadBlock = (entry: FoundEntry, at: number, length: number) => Promise<Buffer>

/** The sources' bytes for all hosts: who comes to a part that another one had a moment ago gets the same memory. */
export class Blocks {
  readonly #read: ReadBlock
  readonly #blocks = new Map<string, { size: number; bytes: Promise<Buffer> }>()
  #kept = 0

  constructor(read: ReadBlock) {
    this.#read = read
  }

  /** The bytes from there to the end of the block it is in, or of the file. */
  async from(entry: FoundEntry, at: number): Promise<Buffer> {
    const begin = at - (at % blockSize)
    const block = await this.#block(entry, begin)
    return block.subarray(at - begin)
  }

  /** All of a file, block by block, of which the next is read while one is sent. */
  async *all(entry: FoundEntry, from = 0): AsyncGenerator<Buffer> {
    for (let at = from; at < entry.size; ) {
      const bytes = await this.from(entry, at)
      at += bytes.length
      if (at < entry.size) this.from(entry, at).catch(() => undefined)
      yield bytes
    }
  }

  #block(entry: FoundEntry, begin: number): Promise<Buffer> {
    const key = `${begin}:${entry.path}`
    const known = this.#blocks.get(key)
    if (known !== undefined) {
      this.#blocks.delete(key)
      this.#blocks.set(key, known)
      return known.bytes
    }
    const size = Math.min(blockSize, entry.size - begin)
    const bytes = this.#read(entry, begin, size)
    this.#blocks.set(key, { size, bytes })
    this.#kept += size
    this.#forget()
    return bytes
  }

  /** What was asked for longest ago goes first. */
  #forget(): void {
    for (const [key, { size }] of this.#blocks) {
      if (this.#kept <= mostKept) return
      this.#blocks.delete(key)
      this.#kept -= size
    }
  }
}
