import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import type { Fault } from '../formats.ts'

export type Reading = { content: Uint8Array; mode: number } | { fault: Fault }

/**
 * A regular file's content, of at most `limit` bytes. Never blocks on a FIFO or device, never reads more than it
 * may, whatever the file does meanwhile.
 */
export async function readBounded(path: string, limit: number): Promise<Reading> {
  try {
    const fault = notReadable(await stat(path), limit)
    if (fault !== undefined) return { fault }
    await using file = await open(
      path,
      constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY,
    )
    return await readOpen(file, limit)
  } catch (error) {
    return { fault: systemFault(error) }
  }
}

async function readOpen(file: FileHandle, limit: number): Promise<Reading> {
  const stats = await file.stat()
  const fault = notReadable(stats, limit)
  if (fault !== undefined) return { fault }
  const content = await readUpTo(file, limit + 1)
  return content.length > limit ? { fault: tooLarge(limit) } : { content, mode: stats.mode }
}

/** The size that stat told may have been a lie, as under /proc, or be old by now. */
async function readUpTo(file: FileHandle, most: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let left = most
  while (left > 0) {
    const chunk = new Uint8Array(Math.min(left, 65_536))
    const { bytesRead } = await file.read(chunk)
    if (bytesRead === 0) break
    chunks.push(chunk.subarray(0, bytesRead))
    left -= bytesRead
  }
  return Buffer.concat(chunks)
}

function notReadable(stats: Stats, limit: number): Fault | undefined {
  if (!stats.isFile()) return { what: `is ${kindOf(stats)}, not a regular file` }
  return stats.size > limit ? tooLarge(limit) : undefined
}

function tooLarge(limit: number): Fault {
  return { what: `is larger than ${limit / 1024} KiB` }
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a folder'
  if (stats.isFIFO()) return 'a FIFO'
  if (stats.isSocket()) return 'a socket'
  return 'a device'
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'is not a folder',
  ELOOP: 'is a symbolic link that leads in a circle',
  ENAMETOOLONG: 'does not exist: the name is too long',
}

/** What the system said, in words. Anything but a system error is a bug and goes on. */
export function systemFault(error: unknown): Fault {
  if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error
  const code = String(error.code)
  // The server's user is not root, who wrote the file and can read it.
  if (code === 'EACCES' || code === 'EPERM')
    return { what: `cannot be read by user ${process.geteuid?.()}: permission denied` }
  return { what: reasons[code] ?? `cannot be read: ${code}` }
}
