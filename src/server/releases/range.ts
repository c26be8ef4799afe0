/** First and last byte, both included. */
export interface Range {
  start: number
  end: number
}

/** What a Range field asks of so many bytes. What is no single range of bytes is passed over, as if it were not there. */
export function parseRange(
  field: string | undefined,
  size: number,
): Range | 'whole' | 'unsatisfiable' {
  const [, first, last] = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/i.exec(field ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return 'whole'
  if (first === '') return suffix(Number(last), size)
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return 'whole'
  return start < size ? { start, end } : 'unsatisfiable'
}

function suffix(length: number, size: number): Range | 'unsatisfiable' {
  return length === 0 ? 'unsatisfiable' : { start: Math.max(size - length, 0), end: size - 1 }
}

/** Whether an Accept-Encoding field names zstd and does not rule it out. */
export function takesZstd(field: string): boolean {
  return field.split(',').some((one) => {
    const [coding = '', ...parameters] = one.split(';').map((part) => part.trim().toLowerCase())
    return coding === 'zstd' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}
