/** One circle, from a file back to itself; undefined when there is an order in which each needs only earlier ones. */
export function findCircle(
  imports: ReadonlyMap<string, readonly string[]>,
): readonly string[] | undefined {
  const left = new Map(imports)
  const waitsFor = (file: string) => left.get(file)?.find((one) => left.has(one))
  for (let size = 0; size !== left.size; ) {
    size = left.size
    for (const file of left.keys()) if (waitsFor(file) === undefined) left.delete(file)
  }
  // Whoever is left waits for another one who is left, so this walk never ends but where it was before.
  const path: string[] = []
  let next = left.keys().next().value
  while (next !== undefined && !path.includes(next)) {
    path.push(next)
    next = waitsFor(next)
  }
  return next === undefined ? undefined : [...path.slice(path.indexOf(next)), next]
}
