/** A value of a YAML file, its parts, and where each is written. Aliases share the anchor's tree. */
export interface Tree {
  kind: 'map' | 'list' | 'scalar'
  /** Offsets of the value's text. */
  start: number
  end: number
  /** Of a scalar. */
  value?: unknown
  /** Of a map by key, of a list by index. */
  parts: ReadonlyMap<string, Part>
  /** How many values it is made of, aliases counted as often as they are used. */
  size: number
}

export interface Part {
  /** Where the key is written; of a list's item, where the item is. */
  keyStart: number
  tree: Tree
}

export function plainValue(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value
  const parts = [...tree.parts].map(([key, part]) => [key, plainValue(part.tree)] as const)
  return tree.kind === 'map' ? Object.fromEntries(parts) : parts.map(([, value]) => value)
}

/** The part at the end of a path, or undefined where the file has none; the root is its own part. */
export function partAt(tree: Tree, path: readonly (string | number)[]): Part | undefined {
  let part: Part | undefined = { keyStart: tree.start, tree }
  for (const key of path) part = part?.tree.parts.get(String(key))
  return part
}
