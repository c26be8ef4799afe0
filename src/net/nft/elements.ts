import type { Value } from './values.ts'

interface ListedElement {
  prefix?: { addr: string; len: number }
  range?: [Value, Value]
  elem?: { val: unknown }
}

/** One value as `nft -j` lists it: plain, a network, a range, or any of them with a note. */
export function elementValue(element: unknown): Value | undefined {
  if (typeof element === 'string' || typeof element === 'number') return element
  if (typeof element !== 'object' || element === null) return undefined
  const { prefix, range, elem } = element as ListedElement
  if (prefix !== undefined) return `${prefix.addr}/${prefix.len}`
  if (range !== undefined) return range.join('-')
  return elem === undefined ? undefined : elementValue(elem.val)
}
