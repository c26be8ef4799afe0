import { DynfarmError } from '../../errors.ts'

/** Where a text comes from, for messages. */
export interface Origin {
  /** A file, or standard input; undefined is the command line. */
  file?: string
  line?: number
}

/** A piece of a node set, and where it stands. */
export interface Piece {
  text: string
  /** Counted from 0. */
  at: number
  origin: Origin
}

const longestQuote = 60

/** `what` follows the quoted piece: "is empty", "has no end". */
export function nodesetError({ text, at, origin }: Piece, what: string): DynfarmError {
  const { file, line } = origin
  const where = file === undefined ? '' : `${file}, line ${line ?? 1}, `
  const shown = text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text
  return new DynfarmError(
    'nodeset-invalid',
    `node set: ${where}position ${at + 1}: "${shown}" ${what}`,
  )
}
