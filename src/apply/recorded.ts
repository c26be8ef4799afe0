import { DynfarmError } from '../errors.ts'
import { entriesOf } from './entry.ts'
import { hashOf, parseJournal, restoreFile } from './journal-format.ts'
import type { Line } from './journal-line.ts'
import type { FileState, Machine } from './machine.ts'
import { statePaths } from './state.ts'

export interface RecordedFile {
  /** As it was before the first run that put it on record. */
  before: FileState | undefined
  /** It is as the last run left it. */
  untouched: boolean
}

interface RecordedOptions {
  state: string
  machine: Pick<Machine, 'readFile'>
}

/** Those of the paths that are on record: what a plan needs that gives up a file before leave does. */
export async function recordedFiles(
  paths: readonly string[],
  { state, machine }: RecordedOptions,
): Promise<Map<string, RecordedFile>> {
  const found = new Map<string, RecordedFile>()
  for (const { undo } of entriesOf(paths.length === 0 ? [] : await readRecord(state, machine))) {
    if (undo.kind !== 'file' || !paths.includes(undo.path)) continue
    const before = undo.before === null ? undefined : restoreFile(undo.before)
    found.set(undo.path, {
      before,
      untouched: (await currentHash(undo.path, machine)) === undo.after,
    })
  }
  return found
}

/** undefined for what is no regular file any more. */
async function currentHash(
  path: string,
  machine: RecordedOptions['machine'],
): Promise<string | null | undefined> {
  try {
    return hashOf((await machine.readFile(path))?.content)
  } catch (error) {
    if (error instanceof DynfarmError && error.code === 'file-refused') return undefined
    throw error
  }
}

async function readRecord(state: string, machine: RecordedOptions['machine']): Promise<Line[]> {
  const { record } = statePaths(state)
  const file = await machine.readFile(record)
  const [, ...lines] = parseJournal(Buffer.from(file?.content ?? []).toString(), record) ?? []
  return lines
}
