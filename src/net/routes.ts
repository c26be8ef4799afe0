import type { CommandStep } from '../plan/step.ts'
import { canonicalAddress, canonicalPrefix, type Family, familyOf } from './address.ts'
import { type IpLine, ipSteps } from './ip-step.ts'
import { deviceName } from './names.ts'
import { MARK, type Route } from './network.ts'

const MAIN_TABLE = 254
const IPV6_DEFAULT_METRIC = 1024

export interface RoutePlan {
  adding: CommandStep[]
  removing: CommandStep[]
  /** Closed routes, taken away when no device is left that they closed. */
  opening: CommandStep[]
}

/** Expects that closeRoutes came first: of the wanted routes, those with a device are left. */
export function planRoutes(wanted: readonly Route[], observed: readonly Route[]): RoutePlan {
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
  wanted: readonly Route[],
  observed: readonly Route[],
): { steps: CommandStep[]; left: Route[] } {
  const closed = wanted.filter(isClosed)
  const { changes, surplus } = compareRoutes(closed, observed)
  return { steps: routeSteps('close what has no other way', changes), left: surplus }
}

export function removeRoutes(routes: readonly Route[]): CommandStep[] {
  return routeSteps('remove routes before their device', routes.map(removal))
}

/** Lines that set a device's IPv4 routes whether they are there or not. */
export function setRoutes(routes: readonly Route[], dev: string): string[] {
  return routes
    .filter((route) => routeDevice(route) === dev && routeFamily(route) === 'ipv4')
    .map((route) => `route replace ${describe(route)}`)
}

/** Two routes with one key cannot stand side by side. */
export function routeKey(route: Route): string {
  return `${route.table} ${canonicalPrefix(route.to)} ${metricOf(route)}`
}

export function routeDevice(route: Route): string | undefined {
  return 'dev' in route ? route.dev : undefined
}

function isClosed(route: Route): boolean {
  return 'unreachable' in route
}

export function routeFamily(route: Route): Family {
  return familyOf(route.to)
}

interface RouteLine extends IpLine {
  route: Route
}

function compareRoutes(wanted: readonly Route[], observed: readonly Route[]) {
  const { first, surplus } = byKey(observed)
  const changes = wanted.flatMap((route) => {
    const key = routeKey(route)
    const current = first.get(key)
    first.delete(key)
    return current === undefined ? [addition(route)] : replacement(route, current)
  })
  return { changes, surplus: [...first.values(), ...surplus] }
}

/** A foreign hand can append a second route beside ours; one of them is kept at most. */
function byKey(observed: readonly Route[]) {
  const first = new Map<string, Route>()
  const surplus: Route[] = []
  for (const route of observed) {
    const key = routeKey(route)
    if (first.has(key)) surplus.push(route)
    else first.set(key, route)
  }
  return { first, surplus }
}

function addition(route: Route): RouteLine {
  return { route, line: `route add ${describe(route)}`, undo: [`route del ${identify(route)}`] }
}

function removal(route: Route): RouteLine {
  return { route, line: `route del ${identify(route)}`, undo: [`route add ${describe(route)}`] }
}

function replacement(route: Route, current: Route): RouteLine[] {
  const [line, undo] = [describe(route), describe(current)]
  return line === undo
    ? []
    : [{ route, line: `route replace ${line}`, undo: [`route replace ${undo}`] }]
}

/** The whole route, in the one order that makes equal routes equal text. */
function describe(route: Route): string {
  if ('unreachable' in route) return identify(route)
  const { via, src, mtu } = route
  const gateway = via === undefined ? '' : ` via ${canonicalAddress(via)}`
  const source = src === undefined ? '' : ` src ${canonicalAddress(src)}`
  const size = mtu === undefined ? '' : ` mtu lock ${mtu}`
  return `${identify(route)}${gateway}${source}${size}`
}

function identify(route: Route): string {
  const metric = metricOf(route)
  const words = [
    ...('unreachable' in route ? ['unreachable'] : []),
    canonicalPrefix(route.to),
    ...('dev' in route ? ['dev', deviceName(route.dev)] : []),
    ...(route.table === MAIN_TABLE ? [] : ['table', route.table]),
    ...['proto', MARK],
    ...(metric === 0 ? [] : ['metric', metric]),
  ]
  return words.join(' ')
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
