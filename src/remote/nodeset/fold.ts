import { isPadded } from './range.ts'

/**
 * The names in brackets, as short as merging one dimension after the other makes it. The work grows with the length
 * of the names, not with its square, whether they fold or not.
 */
export function fold(names: Iterable<string>): string {
  return [...groupByPattern(names)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([pattern, rows]) => foldRows(pattern, rows))
    .join(',')
}

/** The names in the order in which folding shows them. */
export function sortNames(names: Iterable<string>): string[] {
  return [...groupByPattern(names)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([pattern, rows]) => rows.sort(compareRows).map((row) => fill(pattern, row)))
}

/** The numbers of a name, in the order of its dimensions. */
type Row = readonly string[]

/** Every combination of these numbers, one list a dimension. */
type Block = readonly (readonly string[])[]

const hole = '\0'

function groupByPattern(names: Iterable<string>): Map<string, Row[]> {
  const groups = new Map<string, Row[]>()
  for (const name of new Set(names)) {
    const row = name.match(/\d+/g) ?? []
    const pattern = name.replace(/\d+/g, hole)
    const rows = groups.get(pattern)
    if (rows === undefined) groups.set(pattern, [row])
    else rows.push(row)
  }
  return groups
}

function fill(pattern: string, texts: readonly string[]): string {
  let index = 0
  return pattern.replaceAll(hole, () => texts[index++] ?? '')
}

/** Which dimension is merged first can matter: both ways are tried, and the shorter text is kept. */
function foldRows(pattern: string, rows: readonly Row[]): string {
  const blocks = rows.toSorted(compareRows).map((row) => row.map((number) => [number]))
  const dimensions = [...(rows[0] ?? []).keys()]
  const render = (merged: readonly Block[]) =>
    merged.map((block) => renderBlock(pattern, block)).join(',')
  const backward = render(mergeAll(blocks, dimensions.toReversed()))
  if (dimensions.length < 2) return backward
  const forward = render(mergeAll(blocks, dimensions))
  return forward.length < backward.length ? forward : backward
}

function mergeAll(blocks: readonly Block[], dimensions: readonly number[]): Block[] {
  return dimensions.reduce<Block[]>((merged, dimension) => merge(merged, dimension), [...blocks])
}

/** Blocks that differ in this dimension only become one. */
function merge(blocks: readonly Block[], dimension: number): Block[] {
  const groups = new Map<string, { first: Block; numbers: string[] }>()
  for (const block of blocks) {
    const numbers = block[dimension] ?? []
    const key = block.map((list, index) => (index === dimension ? '' : list.join())).join(';')
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { first: block, numbers: [...numbers] })
    else group.numbers.push(...numbers)
  }
  return [...groups.values()].map(({ first, numbers }) =>
    first.with(dimension, numbers.sort(compareNumbers)),
  )
}

function renderBlock(pattern: string, block: Block): string {
  return fill(pattern, block.map(renderNumbers))
}

function renderNumbers(numbers: readonly string[]): string {
  return numbers.length === 1 ? (numbers[0] ?? '') : `[${runsOf(numbers).join()}]`
}

/** `1 2 3 7` is `1-3` and `7`. A run never changes its length where it began with a zero. */
function runsOf(numbers: readonly string[]): string[] {
  const runs: { first: string; last: string }[] = []
  for (const number of numbers) {
    const run = runs.at(-1)
    if (run !== undefined && follows(number, run)) run.last = number
    else runs.push({ first: number, last: number })
  }
  return runs.map(({ first, last }) => (first === last ? first : `${first}-${last}`))
}

const longestInRuns = 15

function follows(number: string, { first, last }: { first: string; last: string }): boolean {
  if (number.length > longestInRuns || Number(number) !== Number(last) + 1) return false
  return isPadded(first) ? number.length === first.length : !isPadded(number)
}

function compareRows(a: Row, b: Row): number {
  for (const [index, number] of a.entries()) {
    const order = compareNumbers(number, b[index] ?? '')
    if (order !== 0) return order
  }
  return 0
}

/** By length and then by text, which for numbers alike in padding is by value. */
function compareNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : Number(a > b)
}
