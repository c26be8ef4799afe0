import { lstatSync, mkdirSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { bootId, isAlive, ownProcess } from '../../apply/process.ts'
import { isSystemError, systemMessage } from '../../apply/system-error.ts'
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
  const base = `${resolve(temporary)}/dynfarm-run-${process.getuid?.()}`
  const folder = `${base}/${folderName(here(), ownProcess())}`
  orRefuse(base, () => {
    makeOwn(base)
    sweep(base)
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  })
  return {
    base,
    write: (name, content) => {
      const path = `${folder}/${name}`
      orRefuse(base, () => writeFileSync(path, content, { mode: 0o644 }))
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
    if (!isSystemError(error, 'EEXIST')) throw error
  }
  const { uid, mode, isDirectory } = kindOf(path)
  if (!isDirectory) throw refused(path, 'it is no folder')
  if (uid !== process.getuid?.()) throw refused(path, 'it belongs to another user')
  if ((mode & 0o077) !== 0) throw refused(path, 'others may enter it')
}

function orRefuse(base: string, act: () => void): void {
  try {
    act()
  } catch (error) {
    throw isSystemError(error) ? refused(base, systemMessage(error)) : error
  }
}

function kindOf(path: string): { uid: number; mode: number; isDirectory: boolean } {
  const stat = lstatSync(path)
  return { uid: stat.uid, mode: stat.mode, isDirectory: stat.isDirectory() }
}

function refused(path: string, why: string): DynfarmError {
  return new DynfarmError('file-refused', `"${path}" cannot be the folder of jobs: ${why}`, {
    hint: 'TMPDIR names a folder for temporary files',
  })
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
