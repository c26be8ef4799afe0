import type { Line, Undo } from './journal-line.ts'

/** What a journal knows of one Step: how to undo it, and how far it or its undo has come. */
export interface Entry {
  number: number
  text: string
  /** It belongs to the record of what a successful run did. */
  keep: boolean
  undo: Undo
  state: 'begun' | 'done' | 'undoing' | 'undone' | 'failed'
  /** The undo commands that failed, when some did: the others are not run again. */
  left?: readonly number[]
  /** How many runs tried the undo in vain. */
  tries: number
}

export type BeginLine = Extract<Line, { type: 'begin' }>

export function beginEntry({ entry, text, keep, undo }: BeginLine): Entry {
  return { number: entry, text, keep, undo, state: 'begun', tries: 0 }
}

/** Entries in the order in which they were begun. */
export function entriesOf(lines: readonly Line[]): Entry[] {
  const entries = new Map<number, Entry>()
  for (const line of lines) {
    if (line.type === 'begin') entries.set(line.entry, beginEntry(line))
    else if ('entry' in line) advance(entries.get(line.entry), line)
  }
  return [...entries.values()]
}

export function advance(entry: Entry | undefined, line: Line): void {
  if (entry === undefined || line.type === 'begin' || !('entry' in line)) return
  entry.state = line.type
  if (line.type !== 'failed') return
  entry.left = line.left
  entry.tries += 1
}

/** What was done and has no undo. */
export function withoutUndo(entries: readonly Entry[]): string[] {
  return entries.filter(isWithoutUndo).map(({ text }) => text)
}

function isWithoutUndo({ undo, state }: Entry): boolean {
  return state === 'done' && undo.kind === 'command' && undo.commands.length === 0
}
