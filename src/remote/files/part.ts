import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { bytesOf, type Name, nameOf } from '../copy/names.ts'
import { type Landing, refused } from './landing.ts'
import { partName } from './staging.ts'

/** A file that comes from a node, of which some may have come before. */
export interface Part {
  path: Name
  /** How much of it there is. */
  readonly size: number
  hash(): Promise<string>
  empty(): Promise<void>
  write(bytes: Buffer): Promise<void>
  close(): Promise<void>
}

/** Of this node's file of that name. */
export async function openPart(
  { staging }: Landing,
  of: { node: string; source: string },
): Promise<Part> {
  const path = `${staging}/${partName([of.node, nameOf(of.source)])}`
  const attempt = <T>(work: () => Promise<T>) =>
    work().catch((error) => Promise.reject(refused(path, error)))
  const { O_RDWR, O_CREAT, O_NOFOLLOW } = constants
  const file = await attempt(() => open(bytesOf(path), O_RDWR | O_CREAT | O_NOFOLLOW, 0o600))
  let { size } = await attempt(() => file.stat())
  return {
    path,
    get size() {
      return size
    },
    hash: () => attempt(() => hashOf(file)),
    empty: async () => {
      await attempt(() => file.truncate())
      size = 0
    },
    write: (bytes) =>
      attempt(async () => {
        for (let done = 0; done < bytes.length; ) {
          const { bytesWritten } = await file.write(bytes, done, bytes.length - done, size)
          done += bytesWritten
          size += bytesWritten
        }
      }),
    close: () => file.close(),
  }
}

async function hashOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  const stream = file.createReadStream({ start: 0, autoClose: false })
  for await (const bytes of stream) hash.update(bytes)
  return hash.digest('hex')
}
