import { elementValue } from './elements.ts'
import {
  type Action,
  type FirewallRule,
  flowKeys,
  type Match,
  type Selector,
  selectors,
} from './firewall.ts'

/** Any JSON: every step into it is asked for, and a wrong turn gives undefined. */
type Json = unknown

/** The words of a rule as `nft -j` lists it. Throws on whatever dynfarm does not write itself. */
export function readStatements(expr: readonly Json[]): FirewallRule {
  const match: Match[] = []
  const actions: Action[] = []
  for (let index = 0; index < expr.length; index++) {
    const statement = expr[index]
    const clamp = readClamp(statement, expr[index + 1])
    const condition = clamp === undefined ? readMatch(statement) : undefined
    if (clamp !== undefined) index++
    if (condition === undefined) actions.push(clamp ?? readAction(statement))
    else if (actions.length === 0) match.push(condition)
    else throw unknown(statement)
  }
  return { match, actions }
}

function readMatch(statement: Json): Match | undefined {
  const match = at(statement, 'match')
  if (match === undefined) return undefined
  const op = at(match, 'op')
  if (isElsewhere(match)) return { on: 'fib saddr . iif oif', in: ['missing'], not: false }
  const on = readSelector(at(match, 'left'))
  if (on === undefined || !['==', '!=', 'in'].includes(String(op))) throw unknown(statement)
  return { on, in: readValues(at(match, 'right')), not: op === '!=' }
}

/** No route back by the interface that the packet came by. */
function isElsewhere(match: Json): boolean {
  const fib = at(match, 'left', 'fib')
  const flags = [at(fib, 'flags')].flat().join()
  const isWay = at(fib, 'result') === 'oif' && (flags === 'saddr,iif' || flags === 'iif,saddr')
  return isWay && at(match, 'op') === '==' && at(match, 'right') === false
}

function readSelector(left: Json): Selector | undefined {
  const text = [
    [at(left, 'meta', 'key')].filter((key) => key === 'iifname' || key === 'oifname'),
    ['meta', at(left, 'meta', 'key')],
    ['ct', onlyKey(at(left, 'ct'))],
    [at(left, 'payload', 'protocol'), at(left, 'payload', 'field')],
    [rawPayload(at(left, 'payload'))],
    [joined(left)],
  ].map((words) => words.join(' '))
  return selectors.find((selector) => text.includes(selector))
}

/** Several in one, as a flow has. */
function joined(left: Json): string {
  const parts = [at(left, 'concat') ?? []].flat()
  const words = (part: Json) =>
    at(part, 'meta', 'key') === undefined
      ? [at(part, 'payload', 'protocol'), at(part, 'payload', 'field')]
      : ['meta', at(part, 'meta', 'key')]
  return parts.map((part) => words(part).join(' ')).join(' . ')
}

function rawPayload(payload: Json): string {
  return `@${['base', 'offset', 'len'].map((key) => at(payload, key)).join()}`
}

/** A `ct` expression may also have a direction, which dynfarm never asks for. */
function onlyKey(ct: Json): Json {
  return at(ct, 'dir') === undefined ? at(ct, 'key') : undefined
}

function readValues(right: Json): Match['in'] {
  if (typeof right === 'string' && right.startsWith('@')) return right as `@${string}`
  const list = at(right, 'set') ?? at(right, '|') ?? right
  const values = (Array.isArray(list) ? list : [list]).map(elementValue)
  if (values.includes(undefined)) throw unknown(right)
  return values.filter((value) => value !== undefined)
}

const plain = ['accept', 'drop', 'return', 'masquerade'] as const

function readAction(statement: Json): Action {
  const action =
    plain.find((name) => at(statement, name) === null) ??
    readCounter(statement) ??
    readReject(statement) ??
    readBranch(statement) ??
    readLog(statement) ??
    readMark(statement) ??
    readFlow(statement) ??
    readPackets(statement) ??
    readConnections(statement)
  if (action === undefined) throw unknown(statement)
  return action
}

/** What it has counted so far is no part of the rule. */
function readCounter(statement: Json): Action | undefined {
  return at(statement, 'counter', 'packets') === undefined ? undefined : 'counter'
}

function readReject(statement: Json): Action | undefined {
  const reject = at(statement, 'reject')
  const like = at(reject, 'type') === 'icmpx' && at(reject, 'expr') === 'admin-prohibited'
  return like ? 'reject' : undefined
}

function readBranch(statement: Json): Action | undefined {
  const [jump, goto] = [at(statement, 'jump', 'target'), at(statement, 'goto', 'target')]
  if (typeof jump === 'string') return { jump }
  return typeof goto === 'string' ? { goto } : undefined
}

function readLog(statement: Json): Action | undefined {
  const { prefix, group, ...rest } = (at(statement, 'log') ?? {}) as Record<string, unknown>
  if (typeof prefix !== 'string' || Object.keys(rest).length > 0) return undefined
  return { log: prefix, ...(typeof group === 'number' && { group }) }
}

function readMark(statement: Json): Action | undefined {
  const mangle = at(statement, 'mangle')
  const [key, mark] = [onlyKey(at(mangle, 'key', 'ct')), at(mangle, 'value')]
  return key === 'mark' && typeof mark === 'number' ? { mark } : undefined
}

function readFlow(statement: Json): Action | undefined {
  const set = at(statement, 'set')
  const [op, name, key] = [at(set, 'op'), at(set, 'set'), readSelector(at(set, 'elem'))]
  if (op !== 'add' || typeof name !== 'string' || at(set, 'stmt') !== undefined) return
  const flow = (['ipv4', 'ipv6'] as const).find((family) => flowKeys[family] === key)
  return flow === undefined ? undefined : { remember: name.replace(/^@/, ''), flow }
}

function readPackets(statement: Json): Action | undefined {
  const [op, name] = [at(statement, 'set', 'op'), at(statement, 'set', 'set')]
  const per = readSelector(at(statement, 'set', 'elem'))
  const [only, ...more] = [at(statement, 'set', 'stmt')].flat()
  const limit = at(only, 'limit')
  const { rate, burst, per: unit, inv } = (limit ?? {}) as Record<string, unknown>
  if (op !== 'add' || typeof name !== 'string' || more.length > 0 || inv !== true) return
  if ((per !== 'ip saddr' && per !== 'ip6 saddr') || typeof rate !== 'number') return
  if (unit !== 'second' || burst !== 10 * rate) return
  return { packets: name.replace(/^@/, ''), per, over: rate }
}

function readConnections(statement: Json): Action | undefined {
  const [op, name] = [at(statement, 'set', 'op'), at(statement, 'set', 'set')]
  const per = readSelector(at(statement, 'set', 'elem'))
  const [limit, ...more] = [at(statement, 'set', 'stmt')].flat()
  const [over, inverse] = [at(limit, 'ct count', 'val'), at(limit, 'ct count', 'inv')]
  if (op !== 'add' || typeof name !== 'string' || more.length > 0 || inverse !== true) return
  if ((per !== 'ip saddr' && per !== 'ip6 saddr') || typeof over !== 'number') return
  return { connections: name.replace(/^@/, ''), per, over }
}

/** Two statements that are one action here. */
function readClamp(opening: Json, mangle: Json): Action | undefined {
  const size = at(mangle, 'mangle', 'value')
  const [payload, mask] = [at(opening, 'match', 'left', '&')].flat()
  const like =
    at(payload, 'payload', 'field') === 'flags' &&
    at(opening, 'match', 'op') === '==' &&
    at(opening, 'match', 'right') === 'syn' &&
    [mask].flat().sort().join() === 'rst,syn' &&
    at(mangle, 'mangle', 'key', 'tcp option', 'name') === 'maxseg'
  if (!like) return undefined
  if (at(size, 'rt', 'key') === 'mtu') return { clampMss: 'path' }
  return typeof size === 'number' ? { clampMss: size } : undefined
}

function at(json: Json, ...path: readonly string[]): Json {
  return path.reduce<Json>(
    (value, key) =>
      typeof value === 'object' && value !== null
        ? (value as Record<string, Json>)[key]
        : undefined,
    json,
  )
}

function unknown(statement: Json): Error {
  return new Error(`not a statement of dynfarm's: ${JSON.stringify(statement)}`)
}
