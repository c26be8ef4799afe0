import type { Finding } from '../finding.ts'
import type { Problem } from '../problem.ts'
import { placeholders } from '../template-names.ts'
import type { Path, Place } from '../types.ts'
import type { TextFault } from './grow.ts'
import { lineText, placeAt, type SourceFile } from './source-file.ts'
import { type Part, partAt, type Tree } from './tree.ts'

export function locateFaults(source: SourceFile, faults: readonly TextFault[]): Problem[] {
  const { file } = source
  return locateMost(file, faults, ({ offset, what, hint }) => {
    return { file, where: '', ...shown(source, offset), ...worded(what, hint) }
  })
}

/** What was found in one file; without the file's text when it could not be read. */
export function locateFindings(
  file: string,
  source: SourceFile | undefined,
  findings: readonly Finding[],
): Problem[] {
  return locateMost(file, findings, (finding) => locateFinding(source, finding))
}

/** What nobody would read to the end is cut, so that no file can make this take for ever. */
function locateMost<T>(file: string, all: readonly T[], locate: (one: T) => Problem): Problem[] {
  const problems = all.slice(0, 500).map(locate)
  const more = all.length - problems.length
  return more === 0 ? problems : [...problems, { file, where: '', what: `${more} more problems` }]
}

function locateFinding(source: SourceFile | undefined, finding: Finding): Problem {
  const { file, path, what, hint, secret } = finding
  const problem = { file, where: shorten(path.join('/')), ...worded(what, hint) }
  if (source === undefined) return problem
  const offset = offsetOf(source, finding)
  return { ...problem, ...(secret ? placeAt(source, offset) : shown(source, offset)) }
}

/** Where a value is written, if this file has it. */
export function placeOf(source: SourceFile, path: Path): Place | undefined {
  const part = source.tree && partAt(source.tree, path)
  return part && placeAt(source, part.tree.start)
}

function worded(what: string, hint: string | undefined): { what: string; hint?: string } {
  return { what: shorten(what), ...(hint !== undefined && { hint: shorten(hint) }) }
}

function shorten(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}

function shown(source: SourceFile, offset: number): Place & { source?: string } {
  const place = placeAt(source, offset)
  const text = lineText(source, place.line)
  return text === undefined ? place : { ...place, source: text }
}

function offsetOf({ text, tree }: SourceFile, finding: Finding): number {
  const { path, key, atKey, template } = finding
  const part = tree && nearestPart(tree, key === undefined ? path : [...path, key])
  const { start, end } = part?.tree ?? { start: 0, end: text.length }
  if (template !== undefined) return start + indexOfTemplate(text.slice(start, end), template)
  const isKey = key !== undefined || atKey === true
  return isKey && part !== undefined ? part.keyStart : start
}

function indexOfTemplate(text: string, nth: number): number {
  return placeholders(text)[nth]?.index ?? 0
}

/** A value that only the schema's default holds is told of at what would hold it. */
function nearestPart(tree: Tree, path: Path): Part {
  return partAt(tree, path) ?? nearestPart(tree, path.slice(0, -1))
}
