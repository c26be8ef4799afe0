import { randomBytes } from 'node:crypto'
import {
  access,
  constants,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
} from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { DynfarmError } from '../../errors.ts'

/** The text, or undefined where there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new DynfarmError('file-refused', `"${path}" cannot be read: ${code}`, { cause: error })
  }
}

/**
 * Where a file is to be written whole, with a link that is there followed. Asked before hours of work whose result would
 * have no place, or would take the place of a device.
 */
export async function writablePlace(path: string): Promise<string> {
  const place = await realpath(path).catch(() => path)
  const facts = await stat(place).catch(() => undefined)
  if (facts !== undefined && !facts.isFile())
    throw new DynfarmError('file-refused', `"${path}" is there and no plain file`)
  await access(dirname(place), constants.W_OK).catch(({ code }) => {
    throw new DynfarmError('file-refused', `"${path}" cannot be written: ${code}`)
  })
  return place
}

/** Whole or not at all. */
export async function writeWhole(path: string, text: string, mode = 0o644): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    const { code } = error as NodeJS.ErrnoException
    throw new DynfarmError('file-refused', `"${path}" cannot be written: ${code}`, { cause: error })
  }
}

/** A folder, and those above it that are not there. Node's own `recursive` never ends where a folder takes none, as /proc. */
export async function makeFolders(path: string, mode = 0o777): Promise<void> {
  const missing: string[] = []
  for (let at = resolve(path); !(await isFolder(at)); at = dirname(at)) missing.push(at)
  for (const each of missing.reverse())
    await mkdir(each, { mode }).catch(async (error) => {
      if (!(await isFolder(each))) throw error
    })
}

async function isFolder(path: string): Promise<boolean> {
  const facts = await stat(path).catch(() => undefined)
  return facts?.isDirectory() === true
}

/** For the owner's eyes alone. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeFolders(path, 0o700)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new DynfarmError('file-refused', `"${path}" cannot be made: ${code}`, { cause: error })
  }
}

/** The names in a folder, in order; none where there is no such folder. */
export async function namesIn(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(() => [])).sort()
}

/** Gives the new path. */
export async function moveInto(folder: string, path: string): Promise<string> {
  await makeFolder(folder)
  const moved = join(folder, basename(path))
  await rename(path, moved).catch(({ code }) => {
    throw new DynfarmError('file-refused', `"${moved}" cannot be written: ${code}`)
  })
  return moved
}

export async function remove(path: string): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined)
}

export function homePath(...parts: string[]): string {
  return join(homedir(), ...parts)
}
