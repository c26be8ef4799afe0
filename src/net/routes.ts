import type { CommandStep } from '../plan/step.ts'
import { canonicalAddress, canonicalPrefix, type Family, familyOf } from './address.ts'
import { type IpLine, ipSteps } from './ip-step.ts'
import { deviceName, wholeNumber } from './names.ts'
import { type CanonicalRoute, MARK, type Route, type UnreachableRoute } from './network.ts'

const MAIN_TABLE = 254
const IPV6_DEFAULT_METRIC = 1024

export interface RoutePlan {
  adding: CommandStep[]
  removing: CommandStep[]
  /** Closed routes, taken away when no device is left that they closed. */
  opening: CommandStep[]
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
    adding: routeSteps('route', changes),
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

/** Unreachable routes need no device, so they can stand before any does. Also what is left as it was. */
export function closeRoutes(
  wanted: readonly CanonicalRoute[],
  observed: readonly CanonicalRoute[],
): { steps: CommandStep[]; left: CanonicalRoute[] } {
  const closed = wanted.filter(isClosed)
  const { changes, surplus } = compareRoutes(closed, observed)
  return { steps: routeSteps('close what has no other way', changes), left: surplus }
}

export function removeRoutes(routes: readonly CanonicalRoute[]): CommandStep[] {
  return routeSteps('remove routes before their device', routes.map(removal))
}

/** Lines that set a device's IPv4 routes whether they are there or not. */
export function setRoutes(routes: readonly CanonicalRoute[], dev: string): string[] {
  return routes
    .filter((route) => routeDevice(route) === dev && routeFamily(route) === 'ipv4')
    .map((route) => `route replace ${describe(route)}`)
}

export function canonicalRoute(route: Route): CanonicalRoute {
  const [to, metric] = [canonicalPrefix(route.to), metricOf(route)]
  const plain = { ...route, to, metric, key: `${route.table} ${to} ${metric}` }
  if ('unreachable' in plain) return plain
  const { via, src } = plain
  if (via !== undefined) plain.via = canonicalAddress(via)
  if (src !== undefined) plain.src = canonicalAddress(src)
  return plain
}

export function routeDevice(route: Route): string | undefined {
  return 'dev' in route ? route.dev : undefined
}

function isClosed(route: CanonicalRoute): route is CanonicalRoute & UnreachableRoute {
  return 'unreachable' in route
}

export function routeFamily(route: Route): Family {
  return familyOf(route.to)
}

interface RouteLine extends IpLine {
  route: CanonicalRoute
}

function compareRoutes(wanted: readonly CanonicalRoute[], observed: readonly CanonicalRoute[]) {
  const { first, surplus } = byKey(observed)
  const changes = wanted.flatMap((route) => {
    const current = first.get(route.key)
    first.delete(route.key)
    return current === undefined ? [addition(route)] : replacement(route, current)
  })
  return { changes, surplus: [...first.values(), ...surplus] }
}

/** A foreign hand can append a second route beside ours; one of them is kept at most. */
function byKey(observed: readonly CanonicalRoute[]) {
  const first = new Map<string, CanonicalRoute>()
  const surplus: CanonicalRoute[] = []
  for (const route of observed) {
    if (first.has(route.key)) surplus.push(route)
    else first.set(route.key, route)
  }
  return { first, surplus }
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
  return `${what}${where} proto ${MARK}${rank}`
}

/** The kernel gives an IPv6 route without a metric this one. */
function metricOf(route: Route): number {
  return route.metric || (routeFamily(route) === 'ipv6' ? IPV6_DEFAULT_METRIC : 0)
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
