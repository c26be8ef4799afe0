import { DynfarmError } from '../errors.ts'
import { didYouMean } from '../profile/suggest.ts'
import { type Inventory, type InventoryNode, nodeStates } from './inventory.ts'
import { fold, sortNames } from './nodeset/fold.ts'
import { type Expression, type Group, parseExpression } from './nodeset/parse.ts'
import { nodesetError, type Piece } from './nodeset/place.ts'
import { namesOf, type Readers } from './nodeset/sources.ts'

/** Without a tunnel of theirs there is no way to them. */
const deadStates: readonly string[] = ['pending', 'revoked', 'left', 'forgotten']

/** As the command line has it: node sets that were given again and again are joined. */
export interface Wanted {
  nodes: readonly string[]
  exclude: readonly string[]
  /** Try the dead ones too. */
  all: boolean
}

/** The same, understood. */
export interface Terms {
  /** As they were written, for messages. */
  text: string
  nodes: readonly Expression[]
  exclude: readonly Expression[]
  all: boolean
}

/** What can be told to be wrong without an inventory is told before anybody is asked for one. */
export function parseWanted({ nodes, exclude, all }: Wanted): Terms {
  const without = exclude.length === 0 ? '' : ` without "${exclude.join(' ')}"`
  const text = `"${nodes.join(' ')}"${without}`
  const parse = (texts: readonly string[]) => texts.map((each) => parseExpression(each))
  const terms = { text, all, nodes: parse(nodes), exclude: parse(exclude) }
  if (terms.nodes.every(({ length }) => length === 0)) throw nothingIn(text)
  return terms
}

function nothingIn(text: string): DynfarmError {
  return new DynfarmError('nothing-selected', `no node is in ${text}`)
}

export interface Selection {
  targets: InventoryNode[]
  /** Selected, and known to be dead. */
  dead: InventoryNode[]
}

/** The nodes that are meant, each of them known; nothing is done when any is not, or when there are none. */
export async function select(
  { text, nodes: included, exclude, all }: Terms,
  inventory: Inventory,
  readers: Readers,
): Promise<Selection> {
  const byName = new Map(inventory.nodes.map((node) => [node.name, node]))
  const read = async (expressions: readonly Expression[]) => {
    const names = new Set<string>()
    for (const expression of expressions)
      for (const name of await namesOf(expression, groupIn(inventory), readers)) names.add(name)
    refuseUnknown(names, byName)
    return names
  }
  const names = await read(included)
  for (const name of await read(exclude)) names.delete(name)
  if (names.size === 0) throw nothingIn(text)
  const nodes = sortNames(names).flatMap((name) => byName.get(name) ?? [])
  const isDead = ({ state }: InventoryNode) => !all && deadStates.includes(state)
  return { targets: nodes.filter((node) => !isDead(node)), dead: nodes.filter(isDead) }
}

function refuseUnknown(names: Set<string>, known: ReadonlyMap<string, unknown>): void {
  const unknown = [...names].filter((name) => !known.has(name))
  if (unknown.length === 0) return
  const what = unknown.length === 1 ? 'there is no node' : `there are no ${unknown.length} nodes`
  const folded = fold(unknown)
  const shown = folded.length > longestList ? `${folded.slice(0, longestList)}…` : folded
  const hint = unknown.length === 1 ? didYouMean(unknown[0] ?? '', known.keys()) : {}
  throw new DynfarmError('no-such-node', `${what} "${shown}"`, hint)
}

const longestList = 200

function groupIn({ nodes }: Inventory): (group: Group, piece: Piece) => string[] {
  return (group, piece) => {
    refuseStrange(group, piece, nodes)
    return nodes.filter((node) => isIn(node, group)).map(({ name }) => name)
  }
}

function refuseStrange({ of, state }: Group, piece: Piece, nodes: readonly InventoryNode[]): void {
  if (state !== undefined && !nodeStates.some((each) => each === state))
    throw nodesetError(piece, `has no state of these: ${nodeStates.join(', ')}`)
  if (of.kind !== 'site' || nodes.some(({ site }) => site === of.site)) return
  const hint = didYouMean(of.site, new Set(nodes.map(({ site }) => site)))
  throw new DynfarmError('no-such-node', `no node is of a site "${of.site}"`, hint)
}

function isIn(node: InventoryNode, { of, state }: Group): boolean {
  if (state !== undefined && node.state !== state) return false
  if (of.kind === 'all') return true
  if (of.kind === 'site') return node.site === of.site
  return node.labels[of.label] === of.value
}
