import { nodesetError, type Piece } from './place.ts'

/** More names than any centre has; what is beyond is a slip of the pen. */
export const maxNames = 1_000_000

/** The numbers between brackets as they are written in names: `8-10,012` is 8 9 10 012. */
export function parseRanges(inside: Piece): string[] {
  let at = inside.at
  const values: string[] = []
  for (const text of inside.text.split(',')) {
    const range = parseRange({ ...inside, text, at })
    if (values.length + countOf(range) > maxNames)
      throw nodesetError(inside, `has more than ${maxNames} numbers`)
    for (const value of valuesOf(range)) values.push(value)
    at += text.length + 1
  }
  return values
}

interface Range {
  from: string
  to: string
  step: number
}

const form = /^\s*(?<from>\d+)\s*(?:-\s*(?<to>\d+)\s*(?:\/\s*(?<step>\d+)\s*)?)?$/
const longestNumber = 15

function parseRange(piece: Piece): Range {
  if (piece.text.trim() === '') throw nodesetError(piece, 'is an empty range')
  const { from, to, step } = form.exec(piece.text)?.groups ?? {}
  if (from === undefined) throw nodesetError(piece, 'is no range like "1-9", "01-10/3" or "7"')
  if (to === undefined) return { from, to: from, step: 1 }
  const range = { from, to, step: Number(step ?? 1) }
  const fault = faultOf(range)
  if (fault !== undefined) throw nodesetError(piece, fault)
  return range
}

function faultOf({ from, to, step }: Range): string | undefined {
  if (to.length > longestNumber) return `has a number of more than ${longestNumber} digits`
  if ((isPadded(from) || isPadded(to)) && from.length !== to.length)
    return 'has ends of different lengths and leading zeros'
  if (Number(from) > Number(to)) return 'runs backwards'
  return step < 1 ? 'has a step of 0' : undefined
}

function countOf({ from, to, step }: Range): number {
  return from === to ? 1 : Math.floor((Number(to) - Number(from)) / step) + 1
}

function valuesOf(range: Range): string[] {
  const { from, step } = range
  if (countOf(range) === 1) return [from]
  const width = isPadded(from) ? from.length : 0
  const number = (_: unknown, index: number) => Number(from) + index * step
  return Array.from({ length: countOf(range) }, number).map((value) =>
    String(value).padStart(width, '0'),
  )
}

export function isPadded(digits: string): boolean {
  return digits.length > 1 && digits.startsWith('0')
}
