import type { Readable } from 'node:stream'
import { DynfarmError } from '../errors.ts'
import { KiB } from '../protocol/size.ts'
import type { Scratch } from './files/scratch.ts'
import type { Input } from './input.ts'

const piece = 64 * KiB

/**
 * Standard input for many hosts, each at its own pace, those that begin later too: what came is kept on disk. It is
 * read on only when the host that is furthest wants more, so an endless one does not fill the disk, and a host that
 * takes nothing keeps nobody waiting.
 */
export class SharedInput {
  readonly #source: AsyncIterator<Buffer>
  readonly #scratch: Scratch
  #size = 0
  #isWhole = false
  #reading: Promise<void> | undefined

  constructor(source: Readable, scratch: Scratch) {
    this.#source = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    this.#scratch = scratch
  }

  copy(): Input {
    let at = 0
    let isOpen = true
    return {
      read: async () => {
        while (isOpen && at === this.#size && !this.#isWhole) await this.#more()
        if (!isOpen || at === this.#size) return undefined
        const bytes = await this.#scratch.read(at, Math.min(piece, this.#size - at))
        at += bytes.length
        return bytes
      },
      close: () => {
        isOpen = false
      },
    }
  }

  /** All who wait for more wait for the same reading. */
  #more(): Promise<void> {
    this.#reading ??= this.#readOn().finally(() => {
      this.#reading = undefined
    })
    return this.#reading
  }

  async #readOn(): Promise<void> {
    const next = await this.#source.next().catch(unreadable)
    if (next.done === true) this.#isWhole = true
    else {
      await this.#scratch.append(Buffer.from(next.value))
      this.#size += next.value.length
    }
  }
}

function unreadable(error: NodeJS.ErrnoException): never {
  const message = `standard input cannot be read: ${error.code ?? error.message}`
  throw new DynfarmError('file-refused', message, { cause: error })
}
