import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { MiB } from '../../protocol/size.ts'
import { bytesOf, shown } from '../copy/names.ts'
import { type FoundEntry, stampOf } from './tree.ts'

/** A part of a file that is still the one that was found. */
export async function readBlock(entry: FoundEntry, at: number, length: number): Promise<Buffer> {
  const file = await open(bytesOf(entry.path), 'r').catch((error) => changed(entry, error))
  try {
    const block = Buffer.allocUnsafe(length)
    const { bytesRead } = await file.read(block, 0, length, at)
    const facts = await file.stat({ bigint: true })
    if (bytesRead !== length || stampOf(facts) !== entry.stamp) return changed(entry)
    return block
  } finally {
    await file.close()
  }
}

/** Of a file that is too large to be kept: through the same memory from begin to end. */
export async function hashFile(entry: FoundEntry): Promise<string> {
  const file = await open(bytesOf(entry.path), 'r').catch((error) => changed(entry, error))
  try {
    const hash = createHash('sha256')
    const room = Buffer.allocUnsafe(MiB)
    for (let at = 0; at < entry.size; ) {
      const { bytesRead } = await file.read(room, 0, room.length, at)
      if (bytesRead === 0) return changed(entry)
      hash.update(room.subarray(0, bytesRead))
      at += bytesRead
    }
    if (stampOf(await file.stat({ bigint: true })) !== entry.stamp) return changed(entry)
    return hash.digest('hex')
  } finally {
    await file.close()
  }
}

function changed({ path }: FoundEntry, cause?: Error): never {
  throw new Error(`"${shown(path)}" changed while it was sent`, { cause })
}
