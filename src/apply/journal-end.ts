import type { Entry } from './entry.ts'
import type { Journal } from './journal.ts'

/** An undo that fails is tried once more by the next run, in case it was the disk or the moment. */
const MOST_TRIES = 2

/** Drops a journal that is done with; what could not be undone at last is kept in the file returned. */
export function endJournal(journal: Journal): string | undefined {
  const failed = journal.entries.filter(({ state }) => state === 'failed')
  if (failed.length === 0) {
    journal.drop()
    return undefined
  }
  if (journal.committed || !failed.some(hasTryLeft)) return journal.setAside()
  journal.close()
  return undefined
}

function hasTryLeft({ tries }: Entry): boolean {
  return tries < MOST_TRIES
}
