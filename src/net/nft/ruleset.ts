import { identifier, wholeNumber } from '../names.ts'
import {
  type Action,
  type Chain,
  type Firewall,
  type FirewallRule,
  flowKeys,
  type Hook,
  type Match,
  type NamedSet,
} from './firewall.ts'
import { canonicalElement, canonicalValues, kindOf } from './values.ts'

/**
 * A table in the one spelling in which equal tables are equal: what is wanted is rendered to it, what
 * the kernel has is parsed to it.
 */
export interface Ruleset {
  sets: ReadonlyMap<string, CanonicalSet>
  chains: ReadonlyMap<string, CanonicalChain>
  /** Something that dynfarm never makes: the table must be made anew to be rid of it. */
  strange: boolean
}

export interface CanonicalSet {
  /** As nft takes it between the braces. */
  spec: string
  elements: ReadonlySet<string>
}

export interface CanonicalChain {
  /** Empty for a chain without a hook. */
  spec: string
  rules: readonly string[]
}

/** Begins a rule of a foreign hand that has no words here: it is like no wanted one, and never written. */
export const UNKNOWN = '?'

export function renderFirewall({ sets, chains }: Firewall): Ruleset {
  return {
    sets: new Map(sets.map((set) => [identifier(set.name), renderSet(set)])),
    chains: new Map(chains.map((chain) => [identifier(chain.name), renderChain(chain)])),
    strange: false,
  }
}

function renderSet({ elements = [], ...set }: NamedSet): CanonicalSet {
  const { type } = set
  return {
    spec: setSpec(set),
    elements: new Set(elements.map((element) => canonicalElement(type, element))),
  }
}

interface SetSpec {
  type: string
  interval?: boolean
  dynamic?: number
  timeout?: number
}

export function setSpec({ type, interval = false, dynamic, timeout }: SetSpec): string {
  const size = dynamic === undefined ? '' : `type ${type}; size ${wholeNumber(dynamic)};`
  if (dynamic !== undefined && timeout === undefined) return `${size} flags dynamic;`
  if (timeout !== undefined)
    return `${size} flags dynamic,timeout; timeout ${wholeNumber(timeout)}s;`
  return interval ? `type ${type}; flags interval;` : `type ${type};`
}

function renderChain({ hook, rules }: Chain): CanonicalChain {
  return { spec: hook === undefined ? '' : hookSpec(hook), rules: rules.map(renderRule) }
}

export function hookSpec({ type, at, priority, policy }: Hook): string {
  return `type ${type} hook ${at} priority ${priority}; policy ${policy};`
}

export function renderRule({ match = [], actions, comment }: FirewallRule): string {
  const label = comment === undefined ? [] : [`comment ${quoted(comment)}`]
  return [...match.map(renderMatch), ...actions.map(renderAction), ...label].join(' ')
}

function renderMatch({ on, in: values, not = false }: Match): string {
  return `${on} ${not ? '!= ' : ''}${renderValues(on, values)}`
}

function renderValues(on: Match['on'], values: Match['in']): string {
  if (typeof values === 'string') return `@${identifier(values.slice(1))}`
  const texts = canonicalValues(kindOf(on), values)
  const [first, ...more] = texts
  if (first === undefined) throw new Error(`a match on "${on}" with nothing to match`)
  if (more.length === 0) return first
  return on === 'ct state' ? texts.join(',') : `{ ${texts.join(', ')} }`
}

function renderAction(action: Action): string {
  if (action === 'reject') return 'reject with icmpx type admin-prohibited'
  if (typeof action === 'string') return action
  if ('jump' in action) return `jump ${identifier(action.jump)}`
  if ('goto' in action) return `goto ${identifier(action.goto)}`
  if ('log' in action) return renderLog(action)
  if ('mark' in action) return `ct mark set ${wholeNumber(action.mark)}`
  if ('clampMss' in action) return renderClamp(action.clampMss)
  if ('remember' in action)
    return `add @${identifier(action.remember)} { ${flowKeys[action.flow]} }`
  if ('packets' in action) return renderPackets(action)
  const { connections, per, over } = action
  return `add @${identifier(connections)} { ${per} ct count over ${wholeNumber(over)} }`
}

/** With a burst of as much as ten seconds. */
function renderPackets({ packets, per, over }: Extract<Action, { packets: string }>): string {
  const rate = `limit rate over ${wholeNumber(over)}/second burst ${wholeNumber(10 * over)} packets`
  return `add @${identifier(packets)} { ${per} ${rate} }`
}

function renderLog({ log, group }: { log: string; group?: number }): string {
  const target = group === undefined ? '' : ` group ${wholeNumber(group)}`
  return `log prefix ${quoted(log)}${target}`
}

/** Only the two packets that open a connection carry the option. */
function renderClamp(size: 'path' | number): string {
  const value = size === 'path' ? 'rt mtu' : wholeNumber(size)
  return `tcp flags & (syn | rst) == syn tcp option maxseg size set ${value}`
}

/** nft knows no escape within quotes. */
function quoted(text: string): string {
  if (!/^[\x20-\x7e]{0,127}$/.test(text) || text.includes('"')) {
    throw new Error(`not for nft: ${JSON.stringify(text)}`)
  }
  return `"${text}"`
}
