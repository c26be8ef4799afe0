import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { DynfarmError } from '../errors.ts'

/** The server's own folders, which nobody else can read. */
export interface Folders {
  /** For the store, and beside it the releases. */
  readonly state: string
  readonly socket: string
}

export async function makeFolders(at: { stateDir: string; runDir: string }): Promise<Folders> {
  const state = join(at.stateDir, 'server')
  await makeFolder(state, 0o700)
  await makeFolder(join(state, 'releases'), 0o700)
  await makeFolder(at.runDir, 0o755)
  return { state, socket: join(at.runDir, 'admin.sock') }
}

async function makeFolder(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode })
  } catch (error) {
    throw new DynfarmError('not-writable', `"${path}" cannot be made`, { cause: error })
  }
}
