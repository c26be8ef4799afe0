/** Every item whose key an earlier item has, with that earlier item. */
export function repeated<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): { item: T; first: T }[] {
  const firsts = new Map<string, T>()
  const later: { item: T; first: T }[] = []
  for (const item of items) {
    const first = firsts.get(keyOf(item))
    if (first === undefined) firsts.set(keyOf(item), item)
    else later.push({ item, first })
  }
  return later
}
