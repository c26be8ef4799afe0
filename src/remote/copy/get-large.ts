import { partScript } from '../far-side/copy-scripts.ts'
import { removeArrived } from '../files/landing.ts'
import { openPart, type Part } from '../files/part.ts'
import type { Far } from './far.ts'
import { noteFailed, type One, pathOf } from './get-state.ts'
import { nameOf, partsOf } from './names.ts'

/**
 * A large file alone: it goes on from what came before the connection broke, where the node's file still begins with
 * that, and otherwise from its beginning.
 */
export async function getLarge(far: Far, one: One): Promise<void> {
  const { node, source, state, landing } = one
  const part = await openPart(landing, { node, source })
  const reader = new PartReader(part, one)
  const hash = part.size === 0 ? '-' : await part.hash()
  const args = [pathOf(source), String(part.size), hash]
  const { outcome } = await far.run({
    words: ['/bin/sh', '-c', partScript, 'dynfarm', ...args],
    take: (bytes) => reader.take(bytes),
  })
  await part.close()
  state.outcome = outcome
  const { head } = reader
  const isWhole = outcome.class === 'ok' && head?.size === part.size
  if (isWhole) {
    const name = nameOf(source)
    const entry = { ...head, name, type: 'file' as const, target: '' }
    state.received.push({ entry, parts: partsOf(name) ?? [], arrived: part.path })
  } else if (outcome.class !== 'lost') await removeArrived(part.path)
  if (outcome.class === 'ok' && !isWhole)
    state.faults.push(`"${source}" became shorter while it was read`)
  noteFailed(state, source)
}

/** What the far side says before the bytes. */
interface Head {
  size: number
  mode: number
  mtime: number
  /** Where the bytes begin: where the part ends, or at 0. */
  offset: number
}

const longestHead = 100

class PartReader {
  head: Head | undefined
  readonly #part: Part
  readonly #one: One
  #held = Buffer.alloc(0)

  constructor(part: Part, one: One) {
    this.#part = part
    this.#one = one
  }

  async take(bytes: Buffer): Promise<void> {
    const content = this.head === undefined ? await this.#begin(bytes) : bytes
    if (this.head === undefined || content.length === 0) return
    if (this.#part.size + content.length > this.head.size)
      throw new Error('it sent more than it said')
    this.#one.onBytes(content.length)
    await this.#part.write(content)
  }

  /** Gives what follows the head. */
  async #begin(bytes: Buffer): Promise<Buffer> {
    const held = Buffer.concat([this.#held, bytes])
    const end = held.indexOf('\n')
    this.#held = held
    if (end === -1 && held.length < longestHead) return Buffer.alloc(0)
    const head = parseHead(held.toString('latin1', 0, Math.max(0, end)))
    if (head === undefined || ![0, this.#part.size].includes(head.offset))
      throw new Error('its answer is not understood')
    const { maxSize, source } = this.#one
    if (maxSize !== undefined && head.size > maxSize)
      throw new Error(`"${source}" is larger than --max-size`)
    if (head.offset === 0) await this.#part.empty()
    this.head = head
    return held.subarray(end + 1)
  }
}

function parseHead(line: string): Head | undefined {
  const found = /^(\d{1,15}) ([0-7]{1,5}) (-?\d{1,12}) (\d{1,15})$/.exec(line)
  if (found === null) return undefined
  const [, size, mode = '', mtime, offset] = found
  return {
    ...{ size: Number(size), mode: Number.parseInt(mode, 8) },
    ...{ mtime: Number(mtime), offset: Number(offset) },
  }
}
