import { DynfarmError } from '../errors.ts'
import { entriesOf } from './entry.ts'
import { hashOf, parseJournal, restoreFile } from './journal-format.ts'
import type { Line, Undo } from './journal-line.ts'
import type { FileState, Machine } from './machine.ts'
import { readFileState } from './read.ts'
import { statePaths } from './state.ts'

export interface RecordedFile {
  /** As it was before the first run that put it on record. */
  before: FileState | undefined
  now: FileState | undefined
  /** It holds what the last run left in it. */
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
  for (const { undo } of entriesOf(paths.length === 0 ? [] : await readRecord(state))) {
    if (undo.kind !== 'file' || !paths.includes(undo.path)) continue
    const file = await lookAt(undo, machine)
    if (file !== undefined) found.set(undo.path, file)
  }
  return found
}

async function readRecord(state: string): Promise<Line[]> {
  const { record } = statePaths(state)
  const file = await readFileState(record)
  const [, ...lines] = parseJournal(Buffer.from(file?.content ?? []).toString(), record) ?? []
  return lines
}

/** undefined for what is no regular file any more. */
async function lookAt(
  { path, before, after }: Extract<Undo, { kind: 'file' }>,
  machine: RecordedOptions['machine'],
): Promise<RecordedFile | undefined> {
  try {
    const now = await machine.readFile(path)
    const untouched = hashOf(now?.content) === after
    return { before: before === null ? undefined : restoreFile(before), now, untouched }
  } catch (error) {
    if (error instanceof DynfarmError && error.code === 'file-refused') return undefined
    throw error
  }
}
