import { randomUUID } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { DynfarmError } from '../errors.ts'
import { advance, beginEntry, type Entry, entriesOf } from './entry.ts'
import { completePart, encodeLine, JOURNAL_FORMAT, parseJournal } from './journal-format.ts'
import type { Header, Line, Undo } from './journal-line.ts'
import { bootId } from './process.ts'
import { stateUnwritable, syncFolder } from './state.ts'
import { isSystemError } from './system-error.ts'

export interface Begin {
  text: string
  keep: boolean
  undo: Undo
}

/** No descriptor: whatever is written to it fails. */
const LOST = -1

/**
 * What would undo the run at work, on disk before each Step.
 */
export class Journal {
  readonly path: string
  readonly header: Header
  readonly entries: Entry[]
  committed: boolean
  #fd: number | undefined
  #size = 0

  /** Writes nothing until the first entry. */
  static begin(path: string): Journal {
    const since = new Date().toISOString()
    const [format, id, boot] = [JOURNAL_FORMAT, randomUUID(), bootId()]
    return new Journal(path, [{ type: 'header', format, id, boot, since }])
  }

  /** undefined when there is none, or one in which nothing was begun. */
  static resume(path: string): Journal | undefined {
    const text = readIfPresent(path)
    const lines = parseJournal(text, path)
    if (lines === undefined) return undefined
    const journal = new Journal(path, lines)
    journal.#open(Buffer.byteLength(completePart(text)))
    return journal
  }

  private constructor(path: string, [header, ...lines]: [Header, ...Line[]]) {
    this.path = path
    this.header = header
    this.entries = entriesOf(lines)
    this.committed = lines.some(({ type }) => type === 'commit')
  }

  get isFromThisBoot(): boolean {
    return this.header.boot === bootId()
  }

  /** On disk when it returns; only then may the Step begin. */
  begin({ text, keep, undo }: Begin): Entry {
    if (this.#fd === undefined) this.#create()
    const entry = this.entries.length
    const line = { type: 'begin', entry, text, keep, undo } as const
    this.#append(line, 'durably')
    const begun = beginEntry(line)
    this.entries.push(begun)
    return begun
  }

  mark(entry: Entry, type: 'done' | 'undoing' | 'undone'): void {
    this.#note({ type, entry: entry.number }, entry)
  }

  markFailed(entry: Entry, left: number[]): void {
    this.#note({ type: 'failed', entry: entry.number, left }, entry)
  }

  /** From here on a run that is killed is finished by the next one, not undone. */
  commit(): void {
    if (this.#fd !== undefined) this.#append({ type: 'commit' }, 'durably')
    this.committed = true
  }

  /** Marks the processes that work on the entry. */
  markerOf({ number }: Entry): string {
    return `${this.header.id}/${number}`
  }

  close(): void {
    if (this.#fd !== undefined && this.#fd !== LOST) closeSync(this.#fd)
    this.#fd = undefined
  }

  drop(): void {
    this.close()
    rmSync(this.path, { force: true })
  }

  /** Out of the way of later runs; its path is returned, since only there is what could not be undone. */
  setAside(): string {
    this.close()
    const aside = join(dirname(this.path), `given-up-${this.header.id}.jsonl`)
    renameSync(this.path, aside)
    return aside
  }

  #create(): void {
    this.#open(0)
    try {
      // On disk by the first entry, before which nothing is done.
      this.#append(this.header)
      syncFolder(dirname(this.path))
    } catch (error) {
      this.drop()
      throw error
    }
  }

  #open(size: number): void {
    try {
      this.#fd = openSync(this.path, 'a', 0o600)
      ftruncateSync(this.#fd, size)
      this.#size = size
    } catch (error) {
      throw stateUnwritable(this.path, error)
    }
  }

  /** A mark that cannot be written (the disk is full) makes a later undo more lenient, not wrong. */
  #note(line: Line, entry?: Entry): void {
    advance(entry, line)
    try {
      this.#append(line)
    } catch (error) {
      if (!(error instanceof DynfarmError)) throw error
    }
  }

  #append(line: Line, durably?: 'durably'): void {
    const bytes = Buffer.from(encodeLine(line))
    const fd = this.#fd ?? LOST
    try {
      writeFully(fd, bytes)
      if (durably !== undefined) fsyncSync(fd)
      this.#size += bytes.length
    } catch (error) {
      this.#takeBack(fd)
      throw stateUnwritable(this.path, error)
    }
  }

  /** Half a line in the middle would make the whole journal unreadable. */
  #takeBack(fd: number): void {
    try {
      ftruncateSync(fd, this.#size)
    } catch {
      this.close()
      this.#fd = LOST
    }
  }
}

function writeFully(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; at += writeSync(fd, bytes, at));
}

function readIfPresent(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isSystemError(error, 'ENOENT')) return ''
    throw error
  }
}
