/** Rows as aligned columns: the first to the left, figures to the right. */
export function renderTable(rows: readonly (readonly string[])[]): string {
  const columns = rows[0]?.map((_, index) =>
    Math.max(...rows.map((row) => (row[index] ?? '').length)),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, index) => pad(cell, { width: columns?.[index] ?? 0, left: index === 0 }))
      .join('  ')
      .trimEnd(),
  )
  return `${lines.join('\n')}\n`
}

function pad(cell: string, { width, left }: { width: number; left: boolean }): string {
  return left ? cell.padEnd(width) : cell.padStart(width)
}
