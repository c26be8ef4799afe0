import { open } from 'node:fs/promises'
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

function changed({ path }: FoundEntry, cause?: Error): never {
  throw new Error(`"${shown(path)}" changed while it was sent`, { cause })
}
