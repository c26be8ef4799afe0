import { type CanonicalChain, type CanonicalSet, type Ruleset, UNKNOWN } from './ruleset.ts'

const TABLE = 'inet dynfarm'

/**
 * One transaction for `nft -f -` that makes one table out of the other; undefined when they are equal.
 * The kernel takes all of it or nothing, so that there is never a moment with half a firewall.
 */
export function changeText(from: Ruleset | undefined, to: Ruleset | undefined): string | undefined {
  const lines = changeLines(from, to)
  return lines.length === 0 ? undefined : lines.map((line) => `${line}\n`).join('')
}

function changeLines(from: Ruleset | undefined, to: Ruleset | undefined): string[] {
  if (to === undefined) return from === undefined ? [] : [`delete table ${TABLE}`]
  if (from === undefined) return wholeTable(to)
  return mustBeginAnew(from, to)
    ? [`add table ${TABLE}`, `delete table ${TABLE}`, ...wholeTable(to)]
    : difference(from, to)
}

function wholeTable(table: Ruleset): string[] {
  return [`add table ${TABLE}`, ...difference(empty, table)]
}

const empty: Ruleset = { sets: new Map(), chains: new Map(), strange: false }

/** A hook, a priority or a set's type cannot be changed in place, and strange things have no names. */
function mustBeginAnew(from: Ruleset, to: Ruleset): boolean {
  return (
    from.strange !== to.strange ||
    differInSpec(from.sets, to.sets) ||
    differInSpec(from.chains, to.chains)
  )
}

function differInSpec(
  from: ReadonlyMap<string, { spec: string }>,
  to: ReadonlyMap<string, { spec: string }>,
): boolean {
  return [...to].some(([name, { spec }]) => (from.get(name)?.spec ?? spec) !== spec)
}

/**
 * Names before the rules that use them, and rules away before the names they used. A chain is flushed
 * even when it should be new: an undo may meet it still full, when its Step did not come to pass.
 */
function difference(from: Ruleset, to: Ruleset): string[] {
  const goneChains = missing(to.chains, from.chains)
  const changed = [...to.chains].filter(([name, chain]) => !sameRules(from.chains.get(name), chain))
  return [
    ...missing(from.sets, to.sets).map(
      ([name, { spec }]) => `add set ${TABLE} ${name} { ${spec} }`,
    ),
    ...missing(from.chains, to.chains).map(addChain),
    ...[...goneChains, ...changed].map(([name]) => `flush chain ${TABLE} ${name}`),
    ...changed.flatMap(addRules),
    ...goneChains.map(([name]) => `delete chain ${TABLE} ${name}`),
    ...missing(to.sets, from.sets).map(([name]) => `delete set ${TABLE} ${name}`),
    ...[...to.sets].flatMap(([name, set]) => changeElements(name, from.sets.get(name), set)),
  ]
}

function missing<T>(from: ReadonlyMap<string, T>, to: ReadonlyMap<string, T>): [string, T][] {
  return [...to].filter(([name]) => !from.has(name))
}

function addChain([name, { spec }]: [string, CanonicalChain]): string {
  return `add chain ${TABLE} ${name}${spec === '' ? '' : ` { ${spec} }`}`
}

function sameRules(from: CanonicalChain | undefined, to: CanonicalChain): boolean {
  const before = from?.rules ?? []
  return before.length === to.rules.length && before.every((rule, at) => rule === to.rules[at])
}

function addRules([name, { rules }]: [string, CanonicalChain]): string[] {
  return rules
    .filter((rule) => !rule.startsWith(UNKNOWN))
    .map((rule) => `add rule ${TABLE} ${name} ${rule}`)
}

/** Away before in: a network may take the place of two halves. */
function changeElements(name: string, from: CanonicalSet | undefined, to: CanonicalSet): string[] {
  const before = from?.elements ?? new Set<string>()
  return [
    ...elementLine('delete', name, onlyIn(before, to.elements)),
    ...elementLine('add', name, onlyIn(to.elements, before)),
  ]
}

function elementLine(verb: 'add' | 'delete', set: string, elements: readonly string[]): string[] {
  if (elements.length === 0) return []
  return [`${verb} element ${TABLE} ${set} { ${elements.join(', ')} }`]
}

function onlyIn(some: ReadonlySet<string>, others: ReadonlySet<string>): string[] {
  return [...some].filter((element) => !others.has(element))
}
