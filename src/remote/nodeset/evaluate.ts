import type { Expression, Group, Operand, Operator, Part, Term } from './parse.ts'
import { nodesetError, type Piece } from './place.ts'
import { maxNames } from './range.ts'

/** What the words of a node set stand for where it is used. */
export interface Meanings {
  group(group: Group, piece: Piece): Iterable<string>
  file(path: string, piece: Piece): Iterable<string>
  input(piece: Piece): Iterable<string>
}

export function evaluate(expression: Expression, meanings: Meanings): Set<string> {
  let names = new Set<string>()
  for (const term of expression) {
    names = operations[term.operator](names, namesOf(term, meanings))
    if (names.size > maxNames)
      throw nodesetError(term.piece, `makes it more than ${maxNames} names`)
  }
  return names
}

/** The files that it names; `-` is told apart, because it can be read only once. */
export function sourcesOf(expression: Expression): { files: string[]; input: boolean } {
  const operands = expression.map(({ operand }) => operand)
  return {
    files: operands.flatMap((operand) => (operand.kind === 'file' ? [operand.path] : [])),
    input: operands.some(({ kind }) => kind === 'input'),
  }
}

type Operation = (left: Set<string>, right: Set<string>) => Set<string>

const operations: Readonly<Record<Operator, Operation>> = {
  ',': add,
  '!': (left, right) => only(left, (name) => !right.has(name)),
  '&': (left, right) => only(left, (name) => right.has(name)),
  '^': (left, right) =>
    add(
      only(left, (name) => !right.has(name)),
      only(right, (name) => !left.has(name)),
    ),
}

/** In place, so that a long list of names is not copied for each of them. */
function add(left: Set<string>, right: Set<string>): Set<string> {
  for (const name of right) left.add(name)
  return left
}

function only(names: Set<string>, isWanted: (name: string) => boolean): Set<string> {
  return new Set([...names].filter(isWanted))
}

function namesOf({ operand, piece }: Term, meanings: Meanings): Set<string> {
  return new Set(meaningOf(operand, piece, meanings))
}

function meaningOf(operand: Operand, piece: Piece, meanings: Meanings): Iterable<string> {
  switch (operand.kind) {
    case 'names':
      return expand(operand.parts, piece)
    case 'group':
      return meanings.group(operand.group, piece)
    case 'file':
      return meanings.file(operand.path, piece)
    case 'input':
      return meanings.input(piece)
  }
}

/** Every combination of the parts. */
function expand(parts: readonly Part[], piece: Piece): string[] {
  const count = parts.reduce(
    (product, part) => product * (typeof part === 'string' ? 1 : part.length),
    1,
  )
  if (count > maxNames) throw nodesetError(piece, `is more than ${maxNames} names`)
  let names = ['']
  for (const part of parts) {
    const choices = typeof part === 'string' ? [part] : part
    names = names.flatMap((name) => choices.map((choice) => name + choice))
  }
  return names
}
