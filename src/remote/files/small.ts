import { randomBytes } from 'node:crypto'
import { access, constants, open, readFile, rename, rm } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
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

/** Before hours of work whose result would have no place. */
export async function checkWritable(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch(({ code }) => {
    throw new DynfarmError('file-refused', `"${path}" cannot be written: ${code}`)
  })
}

/** Whole or not at all. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}`
  try {
    const file = await open(temporary, 'wx', 0o644)
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

export function homePath(...parts: string[]): string {
  return join(homedir(), ...parts)
}
