import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
} from 'yaml'
import type { Fault } from '../formats.ts'
import type { Part, Tree } from './tree.ts'

export interface TextFault extends Fault {
  offset: number
}

interface Growth {
  faults: TextFault[]
  /** An alias led nowhere, so the tree has a hole. */
  hasHole: boolean
  /** Undefined while the anchor's own value is still growing. */
  anchors: Map<string, Tree | undefined>
}

/** Turns a parsed document into a tree: aliases and merge keys resolved, keys unique. */
export function growTree(document: Document.Parsed): { tree?: Tree; faults: TextFault[] } {
  const growth: Growth = { faults: [], hasHole: false, anchors: new Map() }
  const tree = grow(document.contents, growth)
  const { faults, hasHole } = growth
  return hasHole ? { faults } : { tree, faults }
}

function grow(node: Node | null, growth: Growth): Tree {
  if (isAlias(node)) return aliased(node, growth)
  const anchor = isMap(node) || isSeq(node) || isScalar(node) ? node.anchor : undefined
  if (anchor !== undefined) growth.anchors.set(anchor, undefined)
  const tree = growPlain(node, growth)
  if (anchor !== undefined) growth.anchors.set(anchor, tree)
  return tree
}

function aliased(alias: Alias, growth: Growth): Tree {
  const name = alias.source
  const tree = growth.anchors.get(name)
  if (tree !== undefined) return tree
  const what = growth.anchors.has(name)
    ? `alias "*${name}" stands within its own anchor`
    : `no anchor "&${name}" before this alias`
  growth.faults.push({ offset: startOf(alias), what })
  growth.hasHole = true
  return scalar(alias, null)
}

function growPlain(node: Node | null, growth: Growth): Tree {
  if (isMap(node)) return container('map', node, mapParts(node.items as Pair<Node>[], growth))
  if (isSeq(node)) return container('list', node, listParts(node.items as Node[], growth))
  return scalar(node, isScalar(node) ? node.value : null)
}

function listParts(items: readonly Node[], growth: Growth): Map<string, Part> {
  const parts = items.map((item, index): [string, Part] => {
    return [String(index), { keyStart: startOf(item), tree: grow(item, growth) }]
  })
  return new Map(parts)
}

function mapParts(pairs: readonly Pair<Node>[], growth: Growth): Map<string, Part> {
  const own = new Map<string, Part>()
  const merged: Map<string, Part>[] = []
  for (const { key, value } of pairs) {
    const name = isScalar(key) ? String(key.value) : ''
    const part: Part = { keyStart: startOf(key), tree: grow(value as Node | null, growth) }
    if (name === '<<') merged.push(...mergedParts(part, growth))
    else if (own.has(name)) growth.faults.push(doubleKey(name, part))
    else own.set(name, part)
  }
  return merged.length === 0 ? own : new Map([...merged.reverse().flatMap((m) => [...m]), ...own])
}

/** `<<: *base` or `<<: [*one, *two]`; of these the earlier wins. */
function mergedParts(part: Part, growth: Growth): Map<string, Part>[] {
  const { tree } = part
  const sources = tree.kind === 'list' ? [...tree.parts.values()].map((item) => item.tree) : [tree]
  if (sources.every((source) => source.kind === 'map')) {
    return sources.map((source) => new Map(source.parts))
  }
  growth.faults.push({ offset: part.keyStart, what: '"<<" merges a map, or a list of maps' })
  return []
}

function doubleKey(name: string, part: Part): TextFault {
  return { offset: part.keyStart, what: `key "${name}" is there twice` }
}

function container(kind: 'map' | 'list', node: Node, parts: Map<string, Part>): Tree {
  const size = [...parts.values()].reduce((sum, part) => sum + part.tree.size, 1)
  return { kind, ...extentOf(node), parts, size }
}

function scalar(node: Node | null, value: unknown): Tree {
  return { kind: 'scalar', ...extentOf(node), value, parts: new Map(), size: 1 }
}

function extentOf(node: Node | null): { start: number; end: number } {
  return { start: startOf(node), end: node?.range?.[1] ?? 0 }
}

function startOf(node: Node | null): number {
  return node?.range?.[0] ?? 0
}
