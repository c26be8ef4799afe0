import type { Finding } from '../finding.ts'
import type { Problem } from '../problem.ts'
import { placeholders } from '../template-names.ts'
import type { Path, Place } from '../types.ts'
import type { TextFault } from './grow.ts'
import { lineText, placeAt, type SourceFile } from './source-file.ts'
import { type Part, partAt, type Tree } from './tree.ts'

export function locateFault(source: SourceFile, { offset, ...fault }: TextFault): Problem {
  return { file: source.file, where: '', ...shown(source, offset), ...fault }
}

export function locateFinding(source: SourceFile | undefined, finding: Finding): Problem {
  const { file, path, what, hint, secret } = finding
  const problem = { file, where: path.join('/'), what, ...(hint !== undefined && { hint }) }
  if (source === undefined) return problem
  const offset = offsetOf(source, finding)
  return { ...problem, ...(secret ? placeAt(source, offset) : shown(source, offset)) }
}

/** Where a value is written, if this file has it. */
export function placeOf(source: SourceFile, path: Path): Place | undefined {
  const part = source.tree && partAt(source.tree, path)
  return part && placeAt(source, part.tree.start)
}

function shown(source: SourceFile, offset: number): Place & { source?: string } {
  const place = placeAt(source, offset)
  const text = lineText(source, place.line)
  return text === undefined ? place : { ...place, source: text }
}

function offsetOf({ text, tree }: SourceFile, { path, atKey, template }: Finding): number {
  const part = tree && nearestPart(tree, path)
  const { start, end } = part?.tree ?? { start: 0, end: text.length }
  if (template !== undefined) return start + indexOfTemplate(text.slice(start, end), template)
  return atKey && part !== undefined ? part.keyStart : start
}

function indexOfTemplate(text: string, nth: number): number {
  return placeholders(text)[nth]?.index ?? 0
}

/** A value that only the schema's default holds is told of at what would hold it. */
function nearestPart(tree: Tree, path: Path): Part {
  return partAt(tree, path) ?? nearestPart(tree, path.slice(0, -1))
}
