import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { bootId, isAlive, ownProcess } from '../../apply/process.ts'
import { DynfarmError } from '../../errors.ts'
import { folderName, type Here, isAbandoned } from '../folder-name.ts'

/** What one job has on the disk: files for it to see, and nothing secret. */
export interface PrivateFolder {
  /** Of all jobs of this user: each is hidden from every other. */
  base: string
  write(name: string, content: string | Uint8Array): string
  remove(): void
}

/** Before it is made, those are removed whose process is gone. */
export function makeFolder(temporary: string): PrivateFolder {
  const base = `${temporary.replace(/\/+$/, '')}/dynfarm-run-${process.getuid?.()}`
  makeOwn(base)
  sweep(base)
  const folder = `${base}/${folderName(here(), ownProcess())}`
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return {
    base,
    write: (name, content) => {
      const path = `${folder}/${name}`
      writeFileSync(path, content, { mode: 0o644 })
      return path
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** In a folder where everybody may write, another may have been first: with a link, or with an open folder. */
function makeOwn(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST'))
      throw refused(path, String(error))
  }
  const { uid, mode, isDirectory } = kindOf(path)
  if (!isDirectory) throw refused(path, 'it is no folder')
  if (uid !== process.getuid?.()) throw refused(path, 'it belongs to another user')
  if ((mode & 0o077) !== 0) throw refused(path, 'others may enter it')
}

function kindOf(path: string): { uid: number; mode: number; isDirectory: boolean } {
  const stat = lstatSync(path)
  return { uid: stat.uid, mode: stat.mode, isDirectory: stat.isDirectory() }
}

function refused(path: string, why: string): DynfarmError {
  return new DynfarmError('file-refused', `"${path}" cannot be the folder of jobs: ${why}`)
}

function sweep(base: string): void {
  const now = here()
  for (const name of readdirSync(base))
    if (isAbandoned(name, now, isAlive)) rmSync(`${base}/${name}`, { recursive: true, force: true })
}

function here(): Here {
  const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
  return { host: hostname(), boot: bootId(), namespace }
}
