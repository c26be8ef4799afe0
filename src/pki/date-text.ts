/** A moment as signed statements have it, to the second: 2026-03-01T12:00:00Z. */
export function renderDateText(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`
}

/** Every moment has one spelling. */
export function parseDateText(text: string): Date | undefined {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/.test(text)) return undefined
  const date = new Date(text)
  return Number.isNaN(date.getTime()) || renderDateText(date) !== text ? undefined : date
}
