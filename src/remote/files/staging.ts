import { createHash, randomBytes } from 'node:crypto'
import { readlinkSync } from 'node:fs'
import { lstat, mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { bornOf } from './processes.ts'

/** A folder below a target, in which nobody else sees what has no place yet. */
export interface Staging {
  path: string
  /** Removes it, but for parts of files, which a later run finds. */
  close(): Promise<void>
}

/** What is in a staging folder under such a name outlives the run, and the process too. */
export function partName(of: readonly string[]): string {
  const hash = createHash('sha256').update(of.join('\0'))
  return `part-${hash.digest('hex').slice(0, 32)}`
}

const partForm = /^part-[0-9a-f]{32}$/

/** Takes over the parts that runs left here which are no more. */
export async function openStaging(root: string): Promise<Staging> {
  const born = (await bornOf(process.pid)) ?? '0'
  const path = join(root, nameOf(process.pid, born))
  await mkdir(path, { mode: 0o700 })
  for (const name of await readdir(root))
    if (await isLeft(root, name)) await takeOver(join(root, name), path)
  return { path, close: () => close(root, path) }
}

/** Its name tells which process of which machine is at work in it; none is 0. */
const form = /^\.dynfarm-get-([0-9a-f]{8})-(\d+)-(\d+)-[0-9a-f]{8}$/

function nameOf(pid: number, born: string): string {
  return `.dynfarm-get-${machine()}-${pid}-${born}-${randomBytes(4).toString('hex')}`
}

/** The target may be shared with machines and containers whose processes are not seen from here. */
function machine(): string {
  const hash = createHash('sha256').update(`${hostname()} ${readlinkSync('/proc/self/ns/pid')}`)
  return hash.digest('hex').slice(0, 8)
}

async function isLeft(root: string, name: string): Promise<boolean> {
  const [, where, pid = '', born] = form.exec(name) ?? []
  if (where !== machine()) return false
  if (pid !== '0' && (await bornOf(Number(pid))) === born) return false
  const facts = await lstat(join(root, name)).catch(() => undefined)
  const isOurs = facts?.uid === process.geteuid?.() && ((facts?.mode ?? 0) & 0o077) === 0
  return facts?.isDirectory() === true && isOurs
}

/** Another run may take the same over at the same time: each part goes to one of them. */
async function takeOver(left: string, path: string): Promise<void> {
  for (const name of await readdir(left).catch(() => []))
    if (partForm.test(name)) await rename(join(left, name), join(path, name)).catch(() => undefined)
  await rm(left, { recursive: true, force: true })
}

async function close(root: string, path: string): Promise<void> {
  for (const name of await readdir(path).catch(() => []))
    if (!partForm.test(name)) await rm(join(path, name), { recursive: true, force: true })
  await rmdir(path).catch(() => rename(path, join(root, nameOf(0, '0'))).catch(() => undefined))
}
