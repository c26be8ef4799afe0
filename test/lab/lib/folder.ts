import { mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DynfarmError } from '../../../src/errors.ts'
import { isAlive, isCode, markOf, type ProcessMark, readMark } from './process-mark.ts'
import type { Topology } from './topology.ts'

/**
 * The folder of one lab: NAME.PID.START.N, after the process that made it, so that whose it is can be
 * told from the first moment of its life to the last.
 */
export interface LabFolder {
  path: string
  name: string
  owner: { pid: number; start: string }
  /** Seen only in the lab's own mount namespace, from outside through /proc/PID/root. */
  disk: string
}

let made = 0

export function createFolder(name: string, topology: Topology): LabFolder {
  const owner = markOf(process.pid)
  if (owner === undefined) throw new Error('no /proc/self/stat')
  made += 1
  const folder = parseFolder(`${name}.${owner.pid}.${owner.start}.${made}`)
  if (folder === undefined)
    throw new DynfarmError('usage', `a lab is named in a-z, 0-9 and "-", not "${name}"`)
  mkdirSync(folder.path, { recursive: true, mode: 0o700 })
  for (const part of ['hosts', 'log', 'disk']) mkdirSync(join(folder.path, part))
  writeFileSync(join(folder.path, 'topology.json'), JSON.stringify(topology))
  return folder
}

export function listFolders(): LabFolder[] {
  return readNames(baseFolder()).flatMap((name) => parseFolder(name) ?? [])
}

export function removeFolder(folder: LabFolder): void {
  rmSync(folder.path, { recursive: true, force: true })
  removeIfEmpty(baseFolder())
}

export function readTopology(folder: LabFolder): Topology {
  return JSON.parse(readFileSync(join(folder.path, 'topology.json'), 'utf8'))
}

/** From here on the lab outlives its runner. */
export function detach(folder: LabFolder): void {
  writeFileSync(join(folder.path, 'detached'), '')
}

/** A lab lives as long as its runner, or on its own once it was let go. */
export function isLive(folder: LabFolder): boolean {
  if (!isDetached(folder)) return isRunnerAlive(folder)
  const root = rootMark(folder)
  return root !== undefined && isAlive(root)
}

export function isDetached(folder: LabFolder): boolean {
  return readNames(folder.path).includes('detached')
}

export function rootMark(folder: LabFolder): ProcessMark | undefined {
  return readMark(join(folder.path, 'root'))
}

export function hostMark(folder: LabFolder, host: string): ProcessMark | undefined {
  return readMark(join(folder.path, 'hosts', host))
}

function isRunnerAlive({ owner }: LabFolder): boolean {
  return markOf(owner.pid)?.start === owner.start
}

function parseFolder(name: string): LabFolder | undefined {
  const match = /^([a-z0-9-]+)\.(\d+)\.(\d+)\.\d+$/.exec(name)
  if (match === null) return undefined
  const [, lab = '', pid = '', start = ''] = match
  const path = join(baseFolder(), name)
  return { path, name: lab, owner: { pid: Number(pid), start }, disk: join(path, 'disk') }
}

/** Overlay options and fstab take neither commas nor colons, so neither does this path. */
function baseFolder(): string {
  const base = process.env['DYNFARM_LAB_DIR'] ?? '/run/dynfarm-lab'
  if (!/^\/[A-Za-z0-9_./-]+$/.test(base))
    throw new DynfarmError('usage', `DYNFARM_LAB_DIR must be a plain absolute path, not "${base}"`)
  return base
}

function readNames(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isCode(error, 'ENOENT')) return []
    throw error
  }
}

function removeIfEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch (error) {
    if (!isCode(error, 'ENOTEMPTY') && !isCode(error, 'ENOENT')) throw error
  }
}
