import { lstat, mkdir } from 'node:fs/promises'
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
  await makeFolder(state, { mode: 0o700, closedTo: 0o077 })
  await makeFolder(join(state, 'releases'), { mode: 0o700, closedTo: 0o077 })
  await makeFolder(at.runDir, { mode: 0o755, closedTo: 0o022 })
  return { state, socket: join(at.runDir, 'admin.sock') }
}

interface Wanted {
  mode: number
  /** What others than its owner must not have of it. */
  closedTo: number
}

async function makeFolder(path: string, { mode, closedTo }: Wanted): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode })
  } catch (error) {
    throw new DynfarmError('not-writable', `"${path}" cannot be made`, { cause: error })
  }
  const found = await lstat(path)
  if (!found.isDirectory()) throw new DynfarmError('state-refused', `"${path}" is not a folder`)
  const others = found.mode & 0o777
  if ((others & closedTo) !== 0)
    throw new DynfarmError(
      'state-refused',
      `others have access to "${path}" (mode ${octal(others)})`,
    )
  if (found.uid !== 0 && found.uid !== process.getuid?.())
    throw new DynfarmError('state-refused', `"${path}" belongs to another user`)
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0')
}
