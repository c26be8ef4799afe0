/** The lines that differ, as a unified difference without what is equal around them; undefined when they are too many. */
export function diffLines(
  before: readonly string[],
  after: readonly string[],
): string[] | undefined {
  const start = commonLength(before, after)
  const end = commonLength(before.slice(start).reverse(), after.slice(start).reverse())
  const a = before.slice(start, before.length - end)
  const b = after.slice(start, after.length - end)
  const edits = shortestEdits(a, b)
  return edits === undefined ? undefined : hunks(edits, start)
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return length
}

interface Edit {
  kind: '-' | '+' | ' '
  line: string
}

const mostEdits = 500

/** Myers: how far each diagonal comes with one edit more, and the way back from the end. */
function shortestEdits(a: readonly string[], b: readonly string[]): Edit[] | undefined {
  const reach = new Map<number, number>([[1, 0]])
  const trace: Map<number, number>[] = []
  for (let edits = 0; edits <= Math.min(mostEdits, a.length + b.length); edits++) {
    trace.push(new Map(reach))
    for (let diagonal = -edits; diagonal <= edits; diagonal += 2) {
      let x = isDown(reach, diagonal, edits) ? at(reach, diagonal + 1) : at(reach, diagonal - 1) + 1
      while (x < a.length && x - diagonal < b.length && a[x] === b[x - diagonal]) x++
      reach.set(diagonal, x)
      if (x >= a.length && x - diagonal >= b.length) return walkBack(a, b, trace)
    }
  }
  return undefined
}

function isDown(reach: ReadonlyMap<number, number>, diagonal: number, edits: number): boolean {
  if (diagonal === -edits) return true
  return diagonal !== edits && at(reach, diagonal - 1) < at(reach, diagonal + 1)
}

function at(reach: ReadonlyMap<number, number>, diagonal: number): number {
  return reach.get(diagonal) ?? -1
}

function walkBack(
  a: readonly string[],
  b: readonly string[],
  trace: readonly ReadonlyMap<number, number>[],
): Edit[] {
  const edits: Edit[] = []
  let [x, y] = [a.length, b.length]
  for (let count = trace.length - 1; count >= 0; count--) {
    const reach = trace[count] ?? new Map()
    const diagonal = x - y
    const down = isDown(reach, diagonal, count)
    const fromX = at(reach, down ? diagonal + 1 : diagonal - 1)
    const fromY = fromX - (down ? diagonal + 1 : diagonal - 1)
    while (x > Math.max(fromX, 0) && y > Math.max(fromY, 0) && !(x === fromX && y === fromY)) {
      if (a[x - 1] !== b[y - 1]) break
      x--
      y--
      edits.push({ kind: ' ', line: a[x] ?? '' })
    }
    if (count === 0) break
    edits.push(down ? { kind: '+', line: b[y - 1] ?? '' } : { kind: '-', line: a[x - 1] ?? '' })
    x = fromX
    y = fromY
  }
  return edits.reverse()
}

function hunks(edits: readonly Edit[], start: number): string[] {
  const lines: string[] = []
  let [left, right] = [start, start]
  let isInside = false
  for (const { kind, line } of edits) {
    if (kind === ' ') isInside = false
    else {
      if (!isInside) lines.push(`@@ -${left + 1} +${right + 1} @@`)
      isInside = true
      lines.push(`${kind}${line}`)
    }
    if (kind !== '+') left++
    if (kind !== '-') right++
  }
  return lines
}
