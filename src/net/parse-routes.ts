import { canonicalAddress, type Family } from '../address.ts'
import { type CanonicalRoute, MARK, type Route, type Rule } from './network.ts'
import { canonicalRoute, protocolOf } from './routes.ts'

/** What is used of one entry of `ip -N -json -details route`. */
export interface RouteJson {
  type?: string
  dst: string
  dev?: string
  gateway?: string
  table?: string
  protocol?: string
  prefsrc?: string
  metric?: number
  metrics?: { mtu?: number }[]
  nexthops?: { gateway?: string }[]
}

export interface FoundRoute {
  own: boolean
  route: CanonicalRoute
}

/** One entry of `ip -N -json -details rule`; a rule of dynfarm's has these fields and no other. */
export interface RuleJson {
  priority: number
  src?: string
  iif?: string
  table?: string
  protocol?: string
}

export function parseRoutes(routes: readonly RouteJson[], family: Family): FoundRoute[] {
  return routes.map((json) => {
    const route = canonicalRoute(parseRoute(json, family))
    return { own: json.protocol === String(protocolOf(route)) && hasWords(json), route }
  })
}

/** Of the machine's own way to everything else. */
export function parseGateways(routes: readonly RouteJson[]): string[] {
  return routes
    .filter(({ dst, table }) => dst === 'default' && tableNumber(table) === MAIN_TABLE)
    .flatMap(({ gateway, nexthops = [] }) => [gateway, ...nexthops.map((hop) => hop.gateway)])
    .flatMap((gateway) => gateway ?? [])
}

export function parseRules(rules: readonly RuleJson[], family: Family): Rule[] {
  return rules.filter(isOwnRule).map(({ iif, src = '', table, priority }) => ({
    ...{ family, table: Number(table), priority },
    ...(iif === undefined ? { from: canonicalAddress(src) } : { iif }),
  }))
}

function parseRoute(json: RouteJson, family: Family): Route & { metric: number } {
  const [everything, usual] = family === 'ipv4' ? ['0.0.0.0/0', 0] : ['::/0', 1024]
  const { dst, dev, gateway: via, prefsrc: src, metric = usual } = json
  const mtu = json.metrics?.find((metrics) => metrics.mtu !== undefined)?.mtu
  const to = dst === 'default' ? everything : dst
  const target = { table: tableNumber(json.table), to, metric }
  if (isUnreachable(json) || dev === undefined) return { ...target, unreachable: true }
  return {
    ...target,
    dev,
    ...(via !== undefined && { via }),
    ...(src !== undefined && { src }),
    ...(mtu !== undefined && { mtu }),
  }
}

/** A black hole or several next hops, though with our mark, are another's: dynfarm makes none. */
function hasWords(json: RouteJson): boolean {
  const { type = 'unicast', dev, nexthops } = json
  const unicast = (type === 'unicast' || type === '1') && dev !== undefined
  return isUnreachable(json) || (unicast && nexthops === undefined)
}

/** The number is the kernel's RTN_UNREACHABLE; IPv6 lists such a route with a device, lo. */
function isUnreachable({ type }: RouteJson): boolean {
  return type === 'unreachable' || type === '7'
}

const MAIN_TABLE = 254
const tables = new Map([
  ['default', 253],
  ['main', MAIN_TABLE],
  ['local', 255],
])

/** Versions differ in whether they name the main table when asked for numbers. */
function tableNumber(text = 'main'): number {
  return tables.get(text) ?? Number(text)
}

function isOwnRule(rule: RuleJson): boolean {
  const { priority, src, iif, table, protocol, ...rest } = rule
  const selective = Object.keys(rest).some((key) => key !== 'iif_detached')
  const isOneSided = src !== undefined && (src === 'all') !== (iif === undefined)
  const plain = priority !== undefined && isOneSided && table !== undefined
  return protocol === String(MARK) && plain && !selective
}
