import type { Entry } from './entry.ts'
import { Journal } from './journal.ts'
import { encodeLine } from './journal-format.ts'
import type { Header, Line, Undo } from './journal-line.ts'
import { type StatePaths, stateUnwritable } from './state.ts'
import { writeFileAtomically } from './write.ts'

/**
 * Adds what a run did to the record, which is a journal that outlives its run: of a file only how it was
 * before the first run touched it, of commands all in their order, equal ones once.
 */
export async function keepRecord(paths: StatePaths, journal: Journal): Promise<void> {
  const news = journal.entries.filter(({ keep, state }) => keep && state === 'done')
  if (news.length === 0) return
  const record = Journal.resume(paths.record)
  record?.close()
  // A run that was killed between writing the record and dropping its journal comes here again.
  if (record?.header.id === journal.header.id) return
  const entries = mergeEntries(record?.entries ?? [], news)
  const content = Buffer.from(encodeRecord(journal.header, entries))
  try {
    await writeFileAtomically(paths.record, { content, mode: 0o600 })
  } catch (error) {
    throw stateUnwritable(paths.record, error)
  }
}

function mergeEntries(record: readonly Entry[], news: readonly Entry[]): Entry[] {
  const entries = record.filter(({ state }) => state !== 'undone')
  for (const entry of news) {
    const known = entries.findIndex((one) => isSameFile(one.undo, entry.undo) || isSame(one, entry))
    if (known < 0) entries.push(entry)
    else entries[known] = withLater(entries[known] ?? entry, entry)
  }
  return entries
}

function isSameFile(one: Undo, other: Undo): boolean {
  return one.kind === 'file' && other.kind === 'file' && one.path === other.path
}

/** A command that every boot runs again is undone once. */
function isSame(one: Entry, other: Entry): boolean {
  return one.text === other.text && JSON.stringify(one.undo) === JSON.stringify(other.undo)
}

function withLater(first: Entry, later: Entry): Entry {
  if (first.undo.kind !== 'file' || later.undo.kind !== 'file') return later
  return { ...later, undo: { ...first.undo, after: later.undo.after } }
}

function encodeRecord(header: Header, entries: readonly Entry[]): string {
  const lines = entries.flatMap((entry, index) => entryLines({ ...entry, number: index }))
  return [header, ...lines].map(encodeLine).join('')
}

function entryLines({ number, text, keep, undo, state, left }: Entry): Line[] {
  const begin = { type: 'begin', entry: number, text, keep, undo } as const
  if (state === 'begun') return [begin]
  if (state === 'failed') return [begin, { type: 'failed', entry: number, left: [...(left ?? [])] }]
  return [begin, { type: state, entry: number }]
}
