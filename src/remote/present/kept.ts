import { createHash, type Hash } from 'node:crypto'
import { KiB, MiB } from '../../protocol/size.ts'
import type { Scratch } from '../files/scratch.ts'

export interface Room {
  scratch: Scratch
  /** Bytes in memory, of all that is kept. */
  held: number
  /** Told once, when memory is not enough. */
  onSpill(): void
}

/** As much as all hosts' output may take of memory before it goes to disk. */
const mostHeld = 32 * MiB
/** What goes to disk goes in pieces of at least this, as far as there is that much. */
const smallestPiece = 64 * KiB
const mostPieces = 1 * MiB

/** One stream's output, in memory and beyond its bound on disk. */
export class Kept {
  bytes = 0
  readonly #room: Room
  readonly #hash: Hash = createHash('sha256')
  readonly #onDisk: { place: number; length: number }[] = []
  #held: Buffer[] = []
  #heldBytes = 0

  constructor(room: Room) {
    this.#room = room
  }

  add(bytes: Buffer): Promise<void> | undefined {
    this.bytes += bytes.length
    this.#hash.update(bytes)
    this.#held.push(Buffer.from(bytes))
    this.#heldBytes += bytes.length
    this.#room.held += bytes.length
    const isFull = this.#room.held > mostHeld && this.#heldBytes >= smallestPiece
    return isFull ? this.#spill() : undefined
  }

  /** What it is equal by. To be asked once, at the end. */
  digest(): string {
    return this.#hash.digest('base64')
  }

  async *pieces(): AsyncGenerator<Buffer> {
    for (const { place, length } of this.#onDisk) {
      for (let done = 0; done < length; done += mostPieces)
        yield this.#room.scratch.read(place + done, Math.min(mostPieces, length - done))
    }
    yield* this.#held
  }

  /** Nobody will ask for it any more. */
  drop(): void {
    this.#room.held -= this.#heldBytes
    this.#held = []
    this.#heldBytes = 0
    this.#onDisk.length = 0
  }

  async #spill(): Promise<void> {
    this.#room.onSpill()
    const piece = Buffer.concat(this.#held)
    this.#held = []
    this.#heldBytes = 0
    this.#room.held -= piece.length
    const place = await this.#room.scratch.append(piece)
    this.#onDisk.push({ place, length: piece.length })
  }
}
