import { constants } from 'node:fs'
import { type FileHandle, open, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { DynfarmError } from '../../errors.ts'
import { makeFolders } from './small.ts'

/** A file for each node, as it comes; nodes' names are fit for names of files. */
export interface OutputFolder {
  /** Empties the node's file. */
  begin(node: string): Promise<void>
  write(node: string, bytes: Buffer): Promise<void>
  end(node: string): Promise<void>
}

/** Opens a folder once, however often and by whatever path it is named: two writers of one file would spoil it. */
export function folderOpener(): (folder: string) => Promise<OutputFolder> {
  const known = new Map<string, OutputFolder>()
  return async (folder) => {
    await makeFolders(folder).catch((error) => refuse(folder, error))
    const place = await realpath(folder).catch((error) => refuse(folder, error))
    const opened = known.get(place) ?? outputFolder(folder)
    known.set(place, opened)
    return opened
  }
}

function outputFolder(folder: string): OutputFolder {
  const files = new Map<string, FileHandle>()
  return {
    begin: async (node) => {
      await files.get(node)?.close()
      files.set(node, await openNew(join(folder, node)))
    },
    write: async (node, bytes) => {
      await files
        .get(node)
        ?.writeFile(bytes)
        .catch((error) => refuse(join(folder, node), error))
    },
    end: async (node) => {
      await files.get(node)?.close()
      files.delete(node)
    },
  }
}

/** Never through a link that somebody laid there, and never waiting for a pipe's reader. */
async function openNew(path: string): Promise<FileHandle> {
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants
  const flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK
  return open(path, flags, 0o644).catch((error) => refuse(path, error))
}

function refuse(path: string, error: NodeJS.ErrnoException): never {
  const message = `"${path}" cannot be written: ${error.code}`
  throw new DynfarmError('file-refused', message, { cause: error })
}
