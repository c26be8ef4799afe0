import type { Place } from '../types.ts'
import type { Tree } from './tree.ts'

/** A file of the configuration as it was read; without a tree where it is not YAML. */
export interface SourceFile {
  file: string
  text: string
  /** Offsets at which lines begin. */
  lines: readonly number[]
  tree?: Tree
}

export function sourceFile(file: string, text: string, tree?: Tree): SourceFile {
  const lines = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)]
  return { file, text, lines, ...(tree !== undefined && { tree }) }
}

export function placeAt(source: SourceFile, offset: number): Place {
  const line = lineAt(source.lines, offset)
  const before = source.text.slice(source.lines[line - 1], offset)
  return { line, column: charactersIn(before) + 1 }
}

/** A line's text; none for one so long that nobody could read it. */
export function lineText({ text, lines }: SourceFile, line: number): string | undefined {
  const written = text.slice(lines[line - 1], lines[line]).replace(/\r?\n$/, '')
  return written.length > 1000 ? undefined : written
}

/** The last line that begins at the offset or before it. */
function lineAt(lines: readonly number[], offset: number): number {
  let [low, high] = [0, lines.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((lines[middle] ?? Infinity) <= offset) low = middle
    else high = middle
  }
  return low + 1
}

function charactersIn(text: string): number {
  return text.length - (text.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0)
}
