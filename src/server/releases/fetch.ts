import { renderProblem } from '../../protocol/problems.ts'
import type { ReleaseRecord } from '../../protocol/records.ts'
import { type Call, Reply } from '../call.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { type OpenFile, openCompressed, openExecutable, releasesFolder } from './files.ts'
import { parseRange, type Range, takesZstd } from './range.ts'
import { nameOf } from './record.ts'

type Headers = Call<'releaseFile'>['headers']

/** The executable, compressed where the whole of it is wanted and that is understood. */
export async function sendExecutable(
  { headers }: Call<'releaseFile'>,
  release: ReleaseRecord,
  server: Server,
): Promise<Reply> {
  const folder = releasesFolder(server.folder)
  const range = wantedRange(headers, release)
  if (range === 'unsatisfiable') return beyondEnd(release, server)
  if (range !== 'whole') return part(await openHere(folder, release), range, release)
  const isCompressed = takesZstd(textOf(headers['accept-encoding']) ?? '')
  const compressed = isCompressed ? await openCompressed(folder, release) : undefined
  if (compressed !== undefined) return whole(compressed, release, { 'content-encoding': 'zstd' })
  return whole(await openHere(folder, release), release)
}

/** A part is of use only to who has the rest of the same executable. */
function wantedRange(headers: Headers, release: ReleaseRecord) {
  const condition = headers['if-range']
  if (condition !== undefined && condition !== etagOf(release)) return 'whole'
  return parseRange(textOf(headers['range']), release.size)
}

/** Of several servers, each has what was uploaded to it. */
async function openHere(folder: string, release: ReleaseRecord): Promise<OpenFile> {
  const file = await openExecutable(folder, release)
  if (file !== undefined) return file
  const what = `this server has no executable of release "${nameOf(release)}"`
  throw new Refusal('server-busy', what, { retryAfter: 60 })
}

function whole(
  file: OpenFile,
  release: ReleaseRecord,
  headers: Record<string, string> = {},
): Reply {
  return new Reply({
    headers: { ...common(release), ...headers, 'content-length': String(file.size) },
    body: file.read(),
  })
}

function part(file: OpenFile, { start, end }: Range, release: ReleaseRecord): Reply {
  return new Reply({
    status: 206,
    headers: {
      ...common(release),
      'content-range': `bytes ${start}-${end}/${file.size}`,
      'content-length': String(end - start + 1),
    },
    body: file.read({ start, end }),
  })
}

function beyondEnd({ size }: ReleaseRecord, { now }: Server): Reply {
  const detail = `the executable has ${size} bytes`
  const problem = renderProblem({ code: 'range-refused', detail, now: new Date(now()) })
  return new Reply({
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', 'content-range': `bytes */${size}` },
    body: JSON.stringify(problem),
  })
}

function common(release: ReleaseRecord): Record<string, string> {
  return {
    'content-type': 'application/octet-stream',
    etag: etagOf(release),
    'accept-ranges': 'bytes',
    vary: 'accept-encoding',
  }
}

/** Of the executable itself, however it is sent. */
function etagOf({ hash }: ReleaseRecord): string {
  return `"${hash}"`
}

function textOf(field: string | string[] | undefined): string | undefined {
  return Array.isArray(field) ? field.join(', ') : field
}
