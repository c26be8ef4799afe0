/** How a cell of a column looks, which changes nothing of its width. */
export type Paint = (cell: string, column: number) => string

/** Columns aligned to the left, two spaces between them, nothing at the ends of lines. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  paint: Paint = (cell) => cell,
): string {
  const lines = [head, ...rows]
  const widths = head.map((_, column) =>
    lines.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), 0),
  )
  const text = lines.map((row, line) =>
    row.map((cell, column) => {
      const rest = ' '.repeat((widths[column] ?? 0) - cell.length)
      return (line === 0 || cell === '' ? cell : paint(cell, column)) + rest
    }),
  )
  return text.map((cells) => `${cells.join('  ').trimEnd()}\n`).join('')
}
