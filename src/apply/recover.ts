import { existsSync, rmSync } from 'node:fs'
import { DynfarmError } from '../errors.ts'
import { quoteWord } from '../plan/text.ts'
import type { Context } from './context.ts'
import { withoutUndo } from './entry.ts'
import { Journal } from './journal.ts'
import { endJournal } from './journal-end.ts'
import { lockState } from './lock.ts'
import { killGroup } from './process.ts'
import { keepRecord } from './record.ts'
import { type StatePaths, statePaths } from './state.ts'
import { undoEntries } from './undo.ts'

export interface Recovery {
  /** When the run that was cut off had begun. */
  since: string
  undone: string[]
  /** What was done and has no undo. */
  notUndone: string[]
  problems: string[]
  /** The journal of what failed for good; without it the next run tries once more. */
  givenUp?: string
}

type RecoverContext = Pick<Context, 'machine' | 'log'>

/** Undoes what a killed run left, before anything is observed; undefined when there is nothing. */
export async function recover(
  options: RecoverContext & { state: string },
): Promise<Recovery | undefined> {
  if (!isUnfinished(statePaths(options.state))) return undefined
  const lock = lockState(options.state)
  try {
    return await recoverLocked(lock.paths, options)
  } finally {
    lock.release()
  }
}

export function isUnfinished({ journal }: StatePaths): boolean {
  return existsSync(journal)
}

/** After a second try in vain the run goes on: a machine that is stuck for ever helps nobody. */
export async function recoverOrThrow(paths: StatePaths, context: RecoverContext): Promise<void> {
  const recovery = await recoverLocked(paths, context)
  if (recovery === undefined || recovery.problems.length === 0) return
  const { since, problems, givenUp } = recovery
  const what = `of the run that began at ${since} this could not be undone`
  if (givenUp === undefined) {
    throw new DynfarmError('undo-failed', [`${what}:`, ...problems].join('\n    '))
  }
  context.log?.info(`${what}, twice, and is given up; see "${quoteWord(givenUp)}"`)
}

/** A journal without so much as a header is of a run that began nothing. */
async function recoverLocked(
  paths: StatePaths,
  context: RecoverContext,
): Promise<Recovery | undefined> {
  const journal = Journal.resume(paths.journal)
  if (journal === undefined) {
    rmSync(paths.journal, { force: true })
    return undefined
  }
  return journal.committed ? await finish(journal, paths) : await undoAll(journal, context)
}

/** Its work was done; only the record of it was not. */
async function finish(journal: Journal, paths: StatePaths): Promise<Recovery> {
  await keepRecord(paths, journal)
  endJournal(journal)
  return { since: journal.header.since, undone: [], notUndone: [], problems: [] }
}

async function undoAll(journal: Journal, { machine, log }: RecoverContext): Promise<Recovery> {
  const { header, entries, running } = journal
  log?.info(`the run that began at ${header.since} did not end: undoing what it did`)
  const rebooted = !journal.isFromThisBoot
  if (running !== undefined && !rebooted) await killGroup(running)
  const notUndone = withoutUndo(entries)
  const problems = await undoEntries(entries, {
    ...{ machine, log, journal },
    ...{ foreignFiles: 'leave', rebooted },
  })
  const undone = entries.filter(({ state }) => state === 'undone').map(({ text }) => text)
  const givenUp = endJournal(journal)
  return { since: header.since, undone, notUndone, problems, ...(givenUp && { givenUp }) }
}
