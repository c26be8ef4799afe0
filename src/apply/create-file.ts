import { type FileHandle, open, rm } from 'node:fs/promises'
import { isSystemError, systemMessage } from './system-error.ts'
import { refused } from './target.ts'

/**
 * A new file for its owner alone, never in the place of another. The place is taken before the content is made: where
 * that cannot be, nothing is made for it. When making fails there is no file.
 */
export async function createFile(path: string, make: () => Promise<string>): Promise<void> {
  const file = await reserve(path)
  try {
    await file.writeFile(await make())
    await file.sync()
  } catch (error) {
    await rm(path, { force: true })
    if (!isSystemError(error)) throw error
    throw refused(path, `cannot be written: ${systemMessage(error)}`)
  } finally {
    await file.close()
  }
}

async function reserve(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx', 0o600)
  } catch (error) {
    if (isSystemError(error, 'EEXIST')) throw refused(path, 'is there already')
    throw refused(path, `cannot be made: ${systemMessage(error)}`)
  }
}
