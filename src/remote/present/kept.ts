import { createHash, type Hash, hash } from 'node:crypto'
import { KiB, MiB } from '../../protocol/size.ts'
import type { Scratch } from '../files/scratch.ts'

export interface Room {
  scratch: Scratch
  /** Bytes in memory, of all that is kept. */
  held: number
  /** Told once, when memory is not enough. */
  onSpill(): void
  /** All whole blocks by their hashes: what several hosts print is kept once, while they print it. */
  blocks: Map<string, Block>
  /** Memory of blocks that are on disk now, for others. */
  spare: Buffer[]
}

export interface Block {
  hash: string
  length: number
  /** In memory, or else on disk. */
  bytes: Buffer | undefined
  place: number
  /** In how many outputs it is, and how often. */
  uses: number
}

export function makeRoom(scratch: Scratch, onSpill: () => void): Room {
  return { scratch, held: 0, onSpill, blocks: new Map(), spare: [] }
}

/** As much as all hosts' output may take of memory before it goes to disk. */
const mostHeld = 32 * MiB
const blockSize = 64 * KiB
const smallestTail = 512

/** One stream's output, in memory and beyond its bound on disk. */
export class Kept {
  bytes = 0
  readonly #room: Room
  readonly #hash: Hash = createHash('sha256')
  readonly #blocks: Block[] = []
  /** What is no whole block yet: the memory for it, and how much of that is filled. */
  #tail: Buffer = Buffer.alloc(0)
  #filled = 0

  constructor(room: Room) {
    this.#room = room
  }

  add(bytes: Buffer): Promise<void> | undefined {
    this.bytes += bytes.length
    this.#room.held += bytes.length
    let spilled: Promise<void> | undefined
    for (let done = 0; done < bytes.length; ) {
      done += this.#fill(bytes.subarray(done))
      if (this.#filled < blockSize) continue
      const fresh = this.#seal()
      if (fresh !== undefined && this.#room.held > mostHeld) spilled = this.#spill(fresh, spilled)
    }
    return spilled
  }

  /** What it is equal by. To be asked once, at the end. */
  digest(): string {
    return this.#hash.update(`${this.bytes}:`).update(this.#rest()).digest('base64')
  }

  async *pieces(): AsyncGenerator<Buffer> {
    for (const { bytes, place, length } of this.#blocks)
      yield bytes ?? (await this.#room.scratch.read(place, length))
    if (this.#filled > 0) yield this.#rest()
  }

  /** Nobody will ask for it any more. */
  drop(): void {
    this.#room.held -= this.#filled
    this.#filled = 0
    for (const block of this.#blocks.splice(0)) this.#release(block)
  }

  #rest(): Buffer {
    return this.#tail.subarray(0, this.#filled)
  }

  /** Takes what the block still has room for, and tells how much that is. */
  #fill(bytes: Buffer): number {
    const part = bytes.subarray(0, blockSize - this.#filled)
    const needed = this.#filled + part.length
    if (needed > this.#tail.length) {
      const larger = Math.max(needed, Math.min(blockSize, this.#tail.length * 2), smallestTail)
      const before = this.#rest()
      this.#tail = Buffer.allocUnsafeSlow(larger)
      this.#tail.set(before)
    }
    this.#tail.set(part, this.#filled)
    this.#filled = needed
    return part.length
  }

  /**
   * Gives a block that is new. One that another output has too is that one, and its memory is for what comes next.
   */
  #seal(): Block | undefined {
    const { blocks, spare } = this.#room
    const digest = hash('sha256', this.#tail, 'base64')
    const known = blocks.get(digest)
    const block = known ?? { hash: digest, length: blockSize, bytes: this.#tail, place: 0, uses: 0 }
    block.uses += 1
    this.#blocks.push(block)
    this.#hash.update(digest)
    this.#filled = 0
    if (known !== undefined) {
      this.#room.held -= blockSize
      return undefined
    }
    blocks.set(digest, block)
    this.#tail = spare.pop() ?? Buffer.alloc(0)
    return block
  }

  #release(block: Block): void {
    block.uses -= 1
    if (block.uses > 0) return
    this.#room.blocks.delete(block.hash)
    if (block.bytes !== undefined) this.#room.held -= block.length
    block.bytes = undefined
  }

  async #spill(block: Block, before: Promise<void> | undefined): Promise<void> {
    const { bytes = Buffer.alloc(0) } = block
    this.#room.onSpill()
    const { scratch } = this.#room
    const [place] = await Promise.all([scratch.append(bytes), before])
    block.place = place
    if (block.bytes === undefined) return
    block.bytes = undefined
    this.#room.held -= block.length
    this.#room.spare.push(bytes)
  }
}
