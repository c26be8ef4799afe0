import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdCompress } from 'node:zlib'
import type { Range } from './range.ts'

/** The executable of a release. Version and platform were checked, and hold no slash. */
export interface Executable {
  readonly version: string
  readonly platform: string
  /** SHA-256 in hexadecimal, and bytes, as the manifest has them. */
  readonly hash: string
  readonly size: number
}

export interface OpenFile {
  readonly size: number
  /** Closes the file at its end. */
  read(range?: Range): Readable
  close(): Promise<void>
}

/** How an upload is not what its manifest says. */
export type UploadFault = 'too-large' | 'too-small' | 'other-hash'

/** Where a server keeps executables: in its own folder, which nobody else writes to. */
export function releasesFolder(serverFolder: string): string {
  return join(serverFolder, 'releases')
}

/** Whether it is here and whole. */
export async function hasExecutable(folder: string, wanted: Executable): Promise<boolean> {
  const found = await stat(pathOf(folder, wanted)).catch(ifMissing)
  return found?.size === wanted.size
}

/** Undefined when it is not here. */
export async function openExecutable(
  folder: string,
  wanted: Executable,
): Promise<OpenFile | undefined> {
  const file = await openFile(pathOf(folder, wanted))
  if (file === undefined || file.size === wanted.size) return file
  await file.close()
  return undefined
}

/** Its compressed copy, which is made when it is stored. */
export function openCompressed(folder: string, wanted: Executable): Promise<OpenFile | undefined> {
  return openFile(compressedPath(pathOf(folder, wanted)))
}

/** Keeps an executable and a compressed copy of it; when anything goes wrong, neither. */
export async function putExecutable(
  folder: string,
  wanted: Executable,
  body: Readable,
): Promise<UploadFault | undefined> {
  await removeLeftovers(folder)
  const path = pathOf(folder, wanted)
  const temporary = join(folder, `${uploadPrefix}${randomUUID()}`)
  try {
    const fault = await receive(body, temporary, wanted)
    if (fault !== undefined) return fault
    await compress(temporary, compressedPath(temporary))
    await rename(compressedPath(temporary), compressedPath(path))
    await rename(temporary, path)
    await syncPath(folder)
    return undefined
  } finally {
    await rm(temporary, { force: true })
    await rm(compressedPath(temporary), { force: true })
  }
}

function pathOf(folder: string, { version, platform }: Executable): string {
  return join(folder, `dynfarm-${version}-${platform}`)
}

function compressedPath(path: string): string {
  return `${path}.zst`
}

async function openFile(path: string): Promise<OpenFile | undefined> {
  const file = await open(path).catch(ifMissing)
  if (file === undefined) return undefined
  const { size } = await file.stat()
  return { size, read: (range) => file.createReadStream(range), close: () => file.close() }
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

async function receive(
  body: Readable,
  path: string,
  { hash, size }: Executable,
): Promise<UploadFault | undefined> {
  const file = await open(path, 'wx', 0o600)
  try {
    const digest = createHash('sha256')
    let received = 0
    for await (const chunk of body) {
      received += chunk.length
      if (received > size) return 'too-large'
      digest.update(chunk)
      await file.writeFile(chunk)
    }
    if (received < size) return 'too-small'
    await file.sync()
    return digest.digest('hex') === hash ? undefined : 'other-hash'
  } finally {
    await file.close()
  }
}

async function compress(from: string, to: string): Promise<void> {
  await pipeline(
    createReadStream(from),
    createZstdCompress(),
    createWriteStream(to, { flags: 'wx', mode: 0o600, flush: true }),
  )
}

async function syncPath(path: string): Promise<void> {
  const handle: FileHandle = await open(path)
  await handle.sync().finally(() => handle.close())
}

const uploadPrefix = '.upload-'
/** An upload that is still going on is written to. */
const leftoverMs = 3600 * 1000

/** Of uploads that ended with the server. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(uploadPrefix))
  for (const path of names.map((name) => join(folder, name))) {
    const found = await stat(path).catch(ifMissing)
    if (found !== undefined && Date.now() - found.mtimeMs > leftoverMs)
      await rm(path, { force: true })
  }
}
