import { createHash } from 'node:crypto'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createZstdDecompress } from 'node:zlib'
import { DynfarmError } from '../errors.ts'
import type { ManifestExpected } from '../pki/manifest.ts'
import type { Manifest } from '../pki/manifest-facts.ts'
import type { Statement } from '../pki/statement.ts'
import { acceptManifest, releaseRefused } from './download-manifest.ts'
import { isWholeAnew, longestEncoded, rangeHeaders } from './download-range.ts'
import type { Client } from './requests.ts'

/** Where the bytes go. */
export interface Sink {
  append(chunk: Uint8Array): Promise<void>
  /** Back to nothing. */
  truncate(): Promise<void>
}

export interface Download {
  /** Its version and platform are what is asked for. */
  expected: ManifestExpected
  /** As an answer offered it; without it, the server is asked. */
  statement?: Statement | undefined
  into: Sink
  signal?: AbortSignal | undefined
}

/** The executable of a release, checked against its manifest; what is refused is not left in the sink. */
export async function downloadRelease(client: Client, download: Download): Promise<Manifest> {
  const { expected, signal } = download
  const { version, platform } = expected
  const statement =
    download.statement ??
    (await client.request('releaseStatement', { params: { version, platform }, signal }))
  const manifest = acceptManifest(statement, expected)
  await fetchFile(client, { ...download, manifest })
  return manifest
}

interface Fetch extends Download {
  manifest: Manifest
}

const tries = 5
const firstPauseMs = 100

async function fetchFile(client: Client, fetch: Fetch): Promise<void> {
  const intake = startIntake(fetch)
  try {
    for (let left = tries - 1; ; left--) {
      try {
        await fetchOnce(client, fetch, intake)
        return intake.check()
      } catch (error) {
        if (left === 0 || !isPassing(error)) throw error
        await sleep(firstPauseMs * 2 ** (tries - 1 - left), undefined, { signal: fetch.signal })
      }
    }
  } catch (error) {
    await fetch.into.truncate()
    throw fetch.signal?.aborted ? new DynfarmError('interrupted', 'interrupted') : error
  }
}

function isPassing(error: unknown): boolean {
  return error instanceof DynfarmError && passing.has(error.code)
}

const passing: ReadonlySet<string> = new Set(['server-unreachable', 'server-busy'])

/** All of it, compressed; after a break, what is missing, as it is. */
async function fetchOnce(
  client: Client,
  { manifest, signal }: Fetch,
  intake: Intake,
): Promise<void> {
  const { version, platform } = manifest
  const at = intake.length()
  if (at === manifest.size) return
  const ask = { params: { version, platform }, signal, headers: rangeHeaders(at, manifest) }
  await client.stream('releaseFile', ask, async (received) => {
    if (isWholeAnew(received, { at, size: manifest.size })) await intake.restart()
    const isEncoded = received.headers['content-encoding'] === 'zstd'
    if (!isEncoded) return await intake.takeAll(received.body)
    const bounded = bound(received.body, longestEncoded(manifest.size))
    await pipeline(bounded, createZstdDecompress(), intake.takeAll).catch(rethrowUnpacking)
  })
}

/** Blocks that unpack to nothing could go on for ever. */
async function* bound(body: AsyncIterable<Uint8Array>, limit: number): AsyncGenerator<Uint8Array> {
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > limit) throw releaseRefused('it is longer than its manifest says')
    yield chunk
  }
}

function rethrowUnpacking(error: NodeJS.ErrnoException): never {
  const isZstd = /^(ZSTD_|Z_|ERR_ZSTD)/.test(error.code ?? '')
  throw isZstd ? releaseRefused('it cannot be unpacked') : error
}

interface Intake {
  length(): number
  restart(): Promise<void>
  takeAll(chunks: AsyncIterable<Uint8Array>): Promise<void>
  /** Whether it is all there, and what the manifest says. */
  check(): void
}

function startIntake({ manifest: { size, hash: wanted }, into }: Fetch): Intake {
  let hash = createHash('sha256')
  let length = 0
  return {
    length: () => length,
    restart: async () => {
      hash = createHash('sha256')
      length = 0
      await into.truncate()
    },
    takeAll: async (chunks) => {
      for await (const chunk of chunks) {
        if (length + chunk.length > size)
          throw releaseRefused('it is longer than its manifest says')
        await into.append(chunk)
        hash.update(chunk)
        length += chunk.length
      }
    },
    check: () => {
      if (length < size) throw releaseRefused('it is shorter than its manifest says')
      if (hash.digest('hex') !== wanted) throw releaseRefused('it is not the one of its manifest')
    },
  }
}
