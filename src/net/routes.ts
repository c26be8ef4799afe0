import { canonicalAddress, canonicalPrefix, type Family, familyOf } from '../address.ts'
import type { CommandStep } from '../plan/step.ts'
import { type IpLine, ipSteps } from './ip-step.ts'
import { deviceName, wholeNumber } from './names.ts'
import {
  type CanonicalRoute,
  LASTING_METRIC,
  LASTING_PROTOCOL,
  MARK,
  type Route,
  type UnreachableRoute,
} from './network.ts'

const MAIN_TABLE = 254

/** Not the kernel's default: an IPv4 route without a metric is deleted as if any metric were meant. */
const OWN_METRIC = 1

export interface RoutePlan {
  adding: CommandStep[]
  removing: CommandStep[]
  /** Closed routes, taken away when no device is left that they closed. */
  opening: CommandStep[]
}

export interface RouteChange {
  steps: CommandStep[]
  /** What was observed and is not yet dealt with. */
  left: readonly CanonicalRoute[]
}

/** Expects that closeRoutes came first: of the wanted routes, those with a device are left. */
export function planRoutes(
  wanted: readonly CanonicalRoute[],
  observed: readonly CanonicalRoute[],
): RoutePlan {
  const { changes, surplus } = compareRoutes(
    wanted.filter((route) => !isClosed(route)),
    observed,
  )
  return {
    adding: routeSteps('routes through devices', changes),
    removing: routeSteps(
      'remove routes no longer wanted',
      surplus.filter((route) => !isClosed(route)).map(removal),
    ),
    opening: routeSteps(
      'remove closed routes no longer wanted',
      surplus.filter(isClosed).map(removal),
    ),
  }
}

/**
 * A foreign hand can append a second route beside ours. It goes for good, because no `route add`
 * brings it back; what is left has one route a key.
 */
export function dropDoubles(observed: readonly CanonicalRoute[]): RouteChange {
  const first = new Map<string, CanonicalRoute>()
  for (const route of observed) if (!first.has(route.key)) first.set(route.key, route)
  if (first.size === observed.length) return { steps: [], left: observed }
  const doubles = observed.filter((route) => first.get(route.key) !== route)
  const lines = doubles.map((route) => ({ route, line: removal(route).line }))
  return { steps: routeSteps('remove routes set beside our own', lines), left: [...first.values()] }
}

/** Unreachable routes need no device, so they can stand before any does. */
export function closeRoutes(
  wanted: readonly CanonicalRoute[],
  observed: readonly CanonicalRoute[],
): RouteChange {
  const closed = wanted.filter(isClosed)
  const { changes, surplus } = compareRoutes(closed, observed)
  return { steps: routeSteps('close what has no other way', changes), left: surplus }
}

export function removeRoutes(routes: readonly CanonicalRoute[]): CommandStep[] {
  return routeSteps('remove routes before their device', routes.map(removal))
}

/** Sets routes that may be there with another device or size; what stands under the same key makes way. */
export function replaceRoutes(routes: readonly Route[]): CommandStep[] {
  const lines = routes.map(wantedRoute).map((route) => ({
    route,
    line: `route replace ${describe(route)}`,
  }))
  return routeSteps('a node by another tunnel', lines)
}

/** Lines that set a device's IPv4 routes whether they are there or not. */
export function setRoutes(routes: readonly CanonicalRoute[], dev: string): string[] {
  return routes
    .filter((route) => routeDevice(route) === dev && routeFamily(route) === 'ipv4')
    .map((route) => `route replace ${describe(route)}`)
}

/** Lines that close whether it is closed already or not, of both families. */
export function closingLines(routes: readonly Route[]): string[] {
  return routes
    .map(wantedRoute)
    .filter(isClosed)
    .map((route) => `route replace ${describe(route)}`)
}

export function canonicalRoute(route: Route & { metric: number }): CanonicalRoute {
  const to = canonicalPrefix(route.to)
  const plain = { ...route, to, key: `${route.table} ${to} ${route.metric}` }
  if ('unreachable' in plain) return plain
  const { via, src } = plain
  if (via !== undefined) plain.via = canonicalAddress(via)
  if (src !== undefined) plain.src = canonicalAddress(src)
  return plain
}

export function wantedRoute(route: Route): CanonicalRoute {
  return canonicalRoute({ ...route, metric: route.metric || OWN_METRIC })
}

export function routeDevice(route: Route): string | undefined {
  return 'dev' in route ? route.dev : undefined
}

export function isClosed(route: CanonicalRoute): route is CanonicalRoute & UnreachableRoute {
  return 'unreachable' in route
}

export function routeFamily(route: Route): Family {
  return familyOf(route.to)
}

interface RouteLine extends IpLine {
  route: CanonicalRoute
}

function compareRoutes(wanted: readonly CanonicalRoute[], observed: readonly CanonicalRoute[]) {
  const left = new Map(observed.map((route) => [route.key, route]))
  const changes = wanted.flatMap((route) => {
    const current = left.get(route.key)
    left.delete(route.key)
    return current === undefined ? [addition(route)] : replacement(route, current)
  })
  return { changes, surplus: [...left.values()] }
}

function addition(route: CanonicalRoute): RouteLine {
  return { route, line: `route add ${describe(route)}`, undo: [`route del ${identify(route)}`] }
}

function removal(route: CanonicalRoute): RouteLine {
  return { route, line: `route del ${identify(route)}`, undo: [`route add ${describe(route)}`] }
}

function replacement(route: CanonicalRoute, current: CanonicalRoute): RouteLine[] {
  if (sameRoute(route, current)) return []
  const [line, undo] = [route, current].map((one) => `route replace ${describe(one)}`)
  return line === undefined || undo === undefined ? [] : [{ route, line, undo: [undo] }]
}

/** Of two with one key. */
function sameRoute(a: CanonicalRoute, b: CanonicalRoute): boolean {
  if (isClosed(a) || isClosed(b)) return isClosed(a) && isClosed(b)
  return a.dev === b.dev && a.via === b.via && a.src === b.src && a.mtu === b.mtu
}

function describe(route: CanonicalRoute): string {
  if (isClosed(route)) return identify(route)
  const { via, src, mtu } = route
  const gateway = via === undefined ? '' : ` via ${via}`
  const source = src === undefined ? '' : ` src ${src}`
  const size = mtu === undefined ? '' : ` mtu lock ${wholeNumber(mtu)}`
  return `${identify(route)}${gateway}${source}${size}`
}

function identify(route: CanonicalRoute): string {
  const { table, to, metric = 0 } = route
  const what = isClosed(route) ? `unreachable ${to}` : `${to} dev ${deviceName(route.dev)}`
  const where = table === MAIN_TABLE ? '' : ` table ${wholeNumber(table)}`
  const rank = metric === 0 ? '' : ` metric ${wholeNumber(metric)}`
  return `${what}${where} proto ${protocolOf(route)}${rank}`
}

export function protocolOf(route: Route): number {
  return 'unreachable' in route && route.metric === LASTING_METRIC ? LASTING_PROTOCOL : MARK
}

function routeSteps(reason: string, lines: readonly RouteLine[]): CommandStep[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family) =>
    ipSteps({
      reason,
      family,
      lines: lines.filter(({ route }) => routeFamily(route) === family),
    }),
  )
}
