/** Hubs tell of many nodes at once; so many are taken in by one transaction, so that others have their turn. */
const portionSize = 100

export function portionsOf<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / portionSize)
  return Array.from({ length: count }, (_, index) =>
    items.slice(index * portionSize, (index + 1) * portionSize),
  )
}
