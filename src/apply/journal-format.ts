import { createHash } from 'node:crypto'
import { DynfarmError } from '../errors.ts'
import { type Header, isLine, isRecord, type Line, type StoredFile } from './journal-line.ts'
import type { FileState } from './machine.ts'

/** Raised when an older dynfarm could not undo what a newer one wrote. */
export const JOURNAL_FORMAT = 1

export function storeFile({ content, mode, uid, gid }: FileState): StoredFile {
  return { content: Buffer.from(content).toString('base64'), mode, uid, gid }
}

export function restoreFile({ content, mode, uid, gid }: StoredFile): FileState {
  return { content: Buffer.from(content, 'base64'), mode, uid, gid }
}

/** null stands for a file that is not there. */
export function hashOf(content: Uint8Array | null | undefined): string | null {
  return content ? createHash('sha256').update(content).digest('hex') : null
}

export function encodeLine(line: Line): string {
  return `${JSON.stringify(line)}\n`
}

/** A last line without its end was cut off with the run that wrote it, before it counted. */
export function completePart(text: string): string {
  return text.slice(0, text.lastIndexOf('\n') + 1)
}

/** undefined when not even the header was written. A line that is not understood is never guessed at. */
export function parseJournal(text: string, path: string): [Header, ...Line[]] | undefined {
  const lines = completePart(text).split('\n').slice(0, -1)
  const [header, ...rest] = lines.map((line, index) => parseLine(line, `${path}:${index + 1}`))
  if (header === undefined) return undefined
  if (header.type !== 'header') throw corrupt(`${path}:1`)
  return [header, ...rest]
}

function parseLine(text: string, place: string): Line {
  const value = parseJson(text, place)
  if (isRecord(value) && value['type'] === 'header') refuseNewer(value, place)
  if (isLine(value)) return value
  throw corrupt(place)
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw corrupt(place)
  }
}

function corrupt(place: string): DynfarmError {
  return new DynfarmError('journal-corrupt', `"${place}" is not a line of a journal`)
}

function refuseNewer({ format }: Record<string, unknown>, place: string): void {
  if (typeof format !== 'number' || format <= JOURNAL_FORMAT) return
  const message = `"${place}" is a journal of format ${format}, newer than ${JOURNAL_FORMAT}`
  throw new DynfarmError('journal-newer', message)
}
