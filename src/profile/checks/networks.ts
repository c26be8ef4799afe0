import { compareAddresses, contains, lastOf, overlaps } from '../../address.ts'
import type { Draft } from '../draft.ts'
import type { Finding } from '../finding.ts'
import {
  hubRanges,
  innerRanges,
  type Range,
  relayRanges,
  serviceRanges,
  siteRanges,
  sourceRanges,
} from './ranges.ts'

/** No address belongs to two, and the nodes' are where the centre has them. */
export function checkNetworks(draft: Draft): Finding[] {
  const inner = innerRanges(draft)
  const given = [...hubRanges(draft, 'inner'), ...siteRanges(draft)]
  const outer = [
    ...hubRanges(draft, 'public'),
    ...hubRanges(draft, 'local'),
    ...serviceRanges(draft),
  ]
  return [
    ...given.flatMap((range) => outside(range, inner)),
    ...collisions(given),
    ...collisions(serviceRanges(draft)),
    ...collisions(hubRanges(draft, 'local')),
    ...collisions(sourceRanges(draft)),
    ...outer.flatMap((range) => among(range, inner)),
    ...relayRanges(draft).flatMap((range) => among(range, [...inner, ...outer])),
  ]
}

/** Nothing is said of a family that the inner network has not: that is for the families' own check. */
function outside(range: Range, inner: readonly Range[]): Finding[] {
  const same = inner.filter(({ network }) => network.family === range.network.family)
  if (same.length === 0 || same.some(({ network }) => contains(network, range.network))) return []
  const networks = same.map(({ text }) => text).join(' and ')
  const what = `${range.text} is outside the inner network ${networks}`
  return [{ file: range.file, path: range.path, what }]
}

function among(range: Range, others: readonly Range[]): Finding[] {
  const other = others.find(({ network }) => overlaps(network, range.network))
  return other === undefined ? [] : [collision(range, other)]
}

/** Sorted by where they begin, a range overlaps the one before it that reaches furthest, or none. */
function collisions(ranges: readonly Range[]): Finding[] {
  const told = new Map<Range, Finding>()
  let furthest: Range | undefined
  for (const range of ranges.toSorted(byFirst)) {
    if (furthest !== undefined && overlaps(furthest.network, range.network)) {
      const [first, later] = inOrderOf(ranges, furthest, range)
      if (!told.has(later)) told.set(later, collision(later, first))
    }
    if (furthest === undefined || reachesFurther(range, furthest)) furthest = range
  }
  return [...told.values()]
}

function byFirst({ network: a }: Range, { network: b }: Range): number {
  return compareAddresses(a, b)
}

function reachesFurther({ network: a }: Range, { network: b }: Range): boolean {
  return a.family !== b.family || lastOf(a) > lastOf(b)
}

function inOrderOf(ranges: readonly Range[], a: Range, b: Range): [Range, Range] {
  return ranges.indexOf(a) < ranges.indexOf(b) ? [a, b] : [b, a]
}

function collision(range: Range, other: Range): Finding {
  const what =
    range.text === other.text
      ? `${range.text} is ${other.owner} already`
      : `${range.text} overlaps ${other.text}, ${other.owner}`
  return { file: range.file, path: range.path, what }
}
