import { isIdentifier } from '../names.ts'
import { elementValue } from './elements.ts'
import { type Hook, type SetType, setTypes } from './firewall.ts'
import {
  type CanonicalChain,
  type CanonicalSet,
  hookSpec,
  type Ruleset,
  renderRule,
  setSpec,
  UNKNOWN,
} from './ruleset.ts'
import { readStatements } from './statements.ts'
import { canonicalElement } from './values.ts'

/** What `nft -j list ruleset inet` says of dynfarm's table; undefined when there is none. */
export function parseFirewall(output: string): Ruleset | undefined {
  const objects = (JSON.parse(output) as { nftables: NftObject[] }).nftables
  const table = objects.find(({ table }) => table?.name === 'dynfarm')?.table
  if (table === undefined) return undefined
  const own = objects.filter(isOwn)
  const sets = own.flatMap(({ set }) => (set === undefined ? [] : [set]))
  const chains = own.flatMap(({ chain }) => (chain === undefined ? [] : [chain]))
  return {
    sets: new Map(sets.filter(hasWords).map((set) => [set.name, parseSet(set)])),
    chains: parseChains(
      chains.filter(({ name }) => isIdentifier(name)),
      own,
    ),
    strange:
      'flags' in table ||
      own.some(isStrange) ||
      sets.some(isStrangeSet) ||
      chains.some(({ name }) => !isIdentifier(name)),
  }
}

interface NftObject {
  table?: { name: string }
  set?: NftSet
  chain?: NftChain
  rule?: NftRule
}

interface NftSet {
  name: string
  type: unknown
  flags?: string[]
  size?: number
  timeout?: number
  elem?: unknown[]
}

interface NftChain {
  name: string
  type?: Hook['type']
  hook?: Hook['at']
  prio?: number
  policy?: Hook['policy']
}

interface NftRule {
  chain: string
  comment?: string
  expr: unknown[]
}

function isOwn(object: NftObject): boolean {
  return Object.values(object).some((body: { table?: string }) => body.table === 'dynfarm')
}

/** A map, a counter, a flow table: whatever dynfarm never makes. */
function isStrange({ set, chain, rule }: NftObject): boolean {
  return set === undefined && chain === undefined && rule === undefined
}

function isStrangeSet(set: NftSet): boolean {
  const flags = ['interval', 'dynamic', ...(set.size === undefined ? [] : ['timeout'])]
  const known = (set.flags ?? []).every((flag) => flags.includes(flag))
  return !known || !hasWords(set) || parseElements(set).includes(undefined)
}

function hasWords(set: NftSet): boolean {
  const types: readonly string[] = setTypes
  return types.includes(typeOf(set)) && isIdentifier(set.name)
}

function typeOf({ type }: NftSet): string {
  return Array.isArray(type) ? type.join(' . ') : String(type)
}

function parseSet(set: NftSet): CanonicalSet {
  const interval = set.flags?.includes('interval') ?? false
  // nft 1.0 does not list the flag "dynamic", but only a dynamic set of dynfarm's has a size.
  const dynamic = set.size === undefined ? {} : { dynamic: set.size }
  const timeout = set.timeout === undefined ? {} : { timeout: set.timeout }
  return {
    spec: setSpec({ type: typeOf(set), interval, ...dynamic, ...timeout }),
    elements: new Set(parseElements(set).filter((element) => element !== undefined)),
  }
}

/** What the kernel counts in a dynamic set is no part of what is wanted. */
function parseElements({ type, size, elem = [] }: NftSet): (string | undefined)[] {
  return size === undefined ? elem.map((element) => parseElement(type as SetType, element)) : []
}

function parseElement(type: SetType, element: unknown): string | undefined {
  const value = elementValue(element)
  try {
    return value === undefined ? undefined : canonicalElement(type, value)
  } catch {
    return undefined
  }
}

function parseChains(
  chains: readonly NftChain[],
  objects: readonly NftObject[],
): Map<string, CanonicalChain> {
  const rules = Map.groupBy(
    objects.flatMap(({ rule }) => rule ?? []),
    ({ chain }) => chain,
  )
  return new Map(
    chains.map((chain) => [chain.name, parseChain(chain, rules.get(chain.name) ?? [])]),
  )
}

function parseChain(chain: NftChain, rules: readonly NftRule[]): CanonicalChain {
  const { type, hook: at, prio: priority, policy = 'accept' } = chain
  const hooked = type !== undefined && at !== undefined && priority !== undefined
  const spec = hooked ? hookSpec({ type, at, priority, policy }) : ''
  return { spec, rules: rules.map(parseRule) }
}

function parseRule({ expr, comment }: NftRule): string {
  try {
    return renderRule({ ...readStatements(expr), ...(comment !== undefined && { comment }) })
  } catch {
    return `${UNKNOWN} ${JSON.stringify(expr)}`
  }
}
