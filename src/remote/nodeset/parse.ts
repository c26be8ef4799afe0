import { nodesetError, type Origin, type Piece } from './place.ts'
import { parseRanges } from './range.ts'

/**
 * A node set as it is written: terms worked off from left to right, without precedence, as other tools for clusters
 * do it. White space between terms joins them like a comma.
 */
export type Expression = readonly Term[]

export interface Term {
  operator: Operator
  operand: Operand
  piece: Piece
}

/** Union, difference, intersection, symmetric difference. */
export type Operator = ',' | '!' | '&' | '^'

export type Operand =
  | { kind: 'names'; parts: readonly Part[] }
  | { kind: 'group'; group: Group }
  | { kind: 'file'; path: string }
  | { kind: 'input' }

/** A text, or the numbers that may stand there. */
export type Part = string | readonly string[]

export interface Group {
  of:
    | { kind: 'all' }
    | { kind: 'site'; site: string }
    | { kind: 'label'; label: string; value: string }
  state: string | undefined
}

export function parseExpression(text: string, origin: Origin = {}): Expression {
  const terms: Term[] = []
  const scanner: Scanner = { text, origin, at: 0 }
  for (skipSpace(scanner); scanner.at < text.length; skipSpace(scanner)) {
    const operator = readOperator(scanner, terms.length === 0)
    const piece = readPiece(scanner)
    terms.push({ operator, operand: parseOperand(piece), piece })
  }
  return terms
}

interface Scanner {
  readonly text: string
  readonly origin: Origin
  at: number
}

function skipSpace(scanner: Scanner): void {
  take(scanner, /\s+/y)
}

function take(scanner: Scanner, pattern: RegExp): string | undefined {
  pattern.lastIndex = scanner.at
  const found = pattern.exec(scanner.text)?.[0]
  scanner.at += found?.length ?? 0
  return found
}

/** Before the first term there is none, and `^` begins the name of a file. */
function readOperator(scanner: Scanner, isFirst: boolean): Operator {
  const { at } = scanner
  if (isFirst && scanner.text[at] === '^') return ','
  const operator = take(scanner, /[,!&^]/y) as Operator | undefined
  if (operator === undefined) return ','
  const piece = { text: operator, at, origin: scanner.origin }
  if (isFirst) throw nodesetError(piece, 'has nothing before it')
  skipSpace(scanner)
  if (scanner.at === scanner.text.length || /[,!&]/.test(scanner.text[scanner.at] ?? ''))
    throw nodesetError(piece, 'has nothing after it')
  return operator
}

function readPiece(scanner: Scanner): Piece {
  const { at, origin } = scanner
  const text = take(scanner, /\^[^\s,!&^]*|(?:\[[^\][]*\]|[^\s,!&^[\]])+/y) ?? ''
  const next = scanner.text[scanner.at] ?? ''
  if (next === '[' || next === ']') {
    const what = next === '[' ? 'is never closed by a "]"' : 'closes nothing'
    throw nodesetError({ text: next, at: scanner.at, origin }, what)
  }
  return { text, at, origin }
}

function parseOperand(piece: Piece): Operand {
  const { text } = piece
  if (text === '-') return { kind: 'input' }
  if (text.startsWith('@')) return { kind: 'group', group: parseGroup(piece) }
  if (!text.startsWith('^')) return { kind: 'names', parts: parseParts(piece) }
  if (text === '^') throw nodesetError(piece, 'names no file')
  return { kind: 'file', path: text.slice(1) }
}

const groupForm =
  /^@(?:(?<label>[\w./-]+)=(?<value>[^:[\]]*)|(?<site>[a-z][a-z0-9]*))(?::(?<state>[a-z]+))?$/

function parseGroup(piece: Piece): Group {
  const { label, value = '', site, state } = groupForm.exec(piece.text)?.groups ?? {}
  if (label !== undefined) return { of: { kind: 'label', label, value }, state }
  if (site === undefined)
    throw nodesetError(piece, 'is no group like "@all", "@site", "@site:ready" or "@label=value"')
  return { of: site === 'all' ? { kind: 'all' } : { kind: 'site', site }, state }
}

function parseParts(piece: Piece): Part[] {
  const strange = /[\p{C}\p{Zl}\p{Zp}@]/u.exec(piece.text)
  if (strange !== null)
    throw nodesetError(
      { ...piece, at: piece.at + strange.index },
      'has a character that no name has',
    )
  return [...piece.text.matchAll(/\[(?<inside>[^\]]*)\]|[^[]+/g)].map(
    ({ 0: text, index, groups }) => {
      const inside = groups?.['inside']
      return inside === undefined
        ? text
        : parseRanges({ ...piece, text: inside, at: piece.at + index + 1 })
    },
  )
}
