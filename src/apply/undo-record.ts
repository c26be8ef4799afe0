import { existsSync } from 'node:fs'
import type { Context } from './context.ts'
import { Journal } from './journal.ts'
import { endJournal } from './journal-end.ts'
import { lockState } from './lock.ts'
import { recoverOrThrow } from './recover.ts'
import { statePaths } from './state.ts'
import { undoEntries } from './undo.ts'

export interface RecordUndone {
  undone: string[]
  /** They stay on record, and the next call tries them once more. */
  problems: string[]
  givenUp?: string
}

/** Undoes all that runs have put on record since the last time, newest first. */
export async function undoRecord(
  options: Pick<Context, 'machine' | 'log'> & { state: string },
): Promise<RecordUndone> {
  const nothing = { undone: [], problems: [] }
  const { folder } = statePaths(options.state)
  if (!existsSync(folder)) return nothing
  const lock = lockState(options.state)
  try {
    await recoverOrThrow(lock.paths, options)
    const record = Journal.resume(lock.paths.record)
    return record === undefined ? nothing : await undoAll(record, options)
  } finally {
    lock.release()
  }
}

async function undoAll(
  record: Journal,
  { machine, log }: Pick<Context, 'machine' | 'log'>,
): Promise<RecordUndone> {
  const problems = await undoEntries(record.entries, {
    ...{ machine, log, journal: record },
    ...{ foreignFiles: 'leave', rebooted: false },
  })
  const undone = record.entries.filter(({ state }) => state === 'undone').map(({ text }) => text)
  const givenUp = endJournal(record)
  return { undone, problems, ...(givenUp && { givenUp }) }
}
