import { createHash, createPrivateKey } from 'node:crypto'
import { resolve } from 'node:path'
import { type LargeFile, openLargeFile } from '../../apply/large-file.ts'
import type { Machine } from '../../apply/machine.ts'
import { realMachine } from '../../apply/real-machine.ts'
import { DynfarmError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { signManifest } from '../../pki/manifest.ts'
import type { Manifest } from '../../pki/manifest-facts.ts'
import type { Statement } from '../../pki/statement.ts'
import { visibleText } from '../../plan/text.ts'
import { loadValid } from '../../profile/load.ts'
import { type AnswerOf, endpoints } from '../../protocol/endpoints.ts'
import { isRefused } from '../reading.ts'
import type { Upload } from '../requests/upload.ts'
import type { Client } from '../requests.ts'
import { type AdminAccess, type AdminContext, openAccess } from './access.ts'

export interface NewRelease
  extends Pick<Manifest, 'version' | 'platform' | 'minimum' | 'downgrade'> {
  file: string
  /** The release key's own file. */
  key: string
  lifeMs: number
}

export interface Releasing extends AdminContext {
  configDir: string
  signal: AbortSignal
  log: Pick<Log, 'warn' | 'progress'>
}

export interface Released {
  release: AnswerOf<'releaseAdd'>
  wasStored: boolean
}

/** Signs for an executable here, where the key is, announces it, and sends it unless the server has it. */
export async function addRelease(wanted: NewRelease, context: Releasing): Promise<Released> {
  const key = await readReleaseKey(realMachine(), resolve(wanted.key))
  const file = await openLargeFile(resolve(wanted.file))
  try {
    checkSize(wanted.file, file)
    return await offer(wanted, { ...context, key, file })
  } finally {
    await file.close()
  }
}

function checkSize(path: string, { size }: LargeFile): void {
  const { bodyLimit } = endpoints.releaseUpload
  if (size > 0 && size <= bodyLimit) return
  const why = size === 0 ? 'is empty' : `has ${size} bytes, and ${bodyLimit} are allowed`
  throw new DynfarmError('file-refused', `"${visibleText(path)}" ${why}`)
}

interface Offering extends Releasing {
  key: string
  file: LargeFile
}

async function offer(wanted: NewRelease, offering: Offering): Promise<Released> {
  const access = await openAccess(offering)
  try {
    const statement = await sign(wanted, access, offering)
    const { signal } = offering
    const release = await access.client.request('releaseAdd', { body: { statement }, signal })
    if (release.stored) return { release, wasStored: true }
    return { release: await upload(access.client, release, offering), wasStored: false }
  } finally {
    access.client.close()
  }
}

async function sign(
  { version, platform, minimum, downgrade, lifeMs }: NewRelease,
  { bundle }: AdminAccess,
  { file, key, configDir }: Offering,
): Promise<Statement> {
  const centre = bundle?.centre ?? (await loadValid(configDir)).centre.centre
  const issued = new Date()
  const manifest = {
    ...{ centre, version, platform, minimum, downgrade },
    ...{ hash: await hashOf(file), size: file.size },
    ...{ issued, expiry: new Date(issued.getTime() + lifeMs) },
  }
  return signManifest(manifest, key)
}

async function hashOf(file: LargeFile): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of file.read()) hash.update(chunk)
  return hash.digest('hex')
}

async function upload(
  client: Client,
  { version, platform }: AnswerOf<'releaseAdd'>,
  { file, signal, log }: Offering,
): Promise<AnswerOf<'releaseUpload'>> {
  const body: Upload = { size: file.size, read: () => withProgress(file, log) }
  try {
    return await client.request('releaseUpload', { params: { version, platform }, body, signal })
  } finally {
    log.progress('')
  }
}

async function* withProgress(file: LargeFile, log: Releasing['log']): AsyncGenerator<Uint8Array> {
  let sent = 0
  let shown = -1
  for await (const chunk of file.read()) {
    yield chunk
    sent += chunk.length
    const percent = Math.floor((100 * sent) / file.size)
    if (percent > shown) log.progress(`sending: ${percent} %`)
    shown = percent
  }
}

/** Whoever can read it can make every node run what they like. */
export async function readReleaseKey(machine: Machine, path: string): Promise<string> {
  const file = await machine.readFile(path).catch((error) => {
    if (!isRefused(error)) throw error
    throw new DynfarmError('release-key-refused', `the release key ${error.message}`)
  })
  if (file === undefined) throw refused(path, 'is not there')
  if ((file.mode & 0o077) !== 0) throw refused(path, 'can be read by others')
  const text = Buffer.from(file.content).toString('utf8')
  if (!isReleaseKey(text)) throw refused(path, 'is not a release key')
  return text
}

function isReleaseKey(text: string): boolean {
  try {
    return createPrivateKey(text).asymmetricKeyType === 'ed25519'
  } catch {
    return false
  }
}

function refused(path: string, why: string): DynfarmError {
  return new DynfarmError('release-key-refused', `the release key "${visibleText(path)}" ${why}`)
}
