import { DynfarmError } from '../errors.ts'
import type { CommandStep } from '../plan/step.ts'
import { canonicalDeviceAddress, planAddresses } from './addresses.ts'
import { type Blocked, splitBlocked } from './blocked.ts'
import { clearTheWay } from './clear-the-way.ts'
import { planDevices } from './devices.ts'
import type { CanonicalNetwork, CanonicalRoute, Network, ObservedNetwork } from './network.ts'
import { planFirewall } from './nft/plan.ts'
import {
  closeRoutes,
  dropDoubles,
  isClosed,
  planRoutes,
  routeFamily,
  wantedRoute,
} from './routes.ts'
import { planRules } from './rules.ts'
import { planSettings } from './settings.ts'

export interface NetworkPlan {
  steps: CommandStep[]
  /** What was left out of the steps, and why: the rest does not wait for it. */
  blocked: Blocked[]
  /** Which device a step makes or adjusts, of those that do. */
  makes: ReadonlyMap<CommandStep, string>
}

/**
 * From what is to what should be. Whatever closes comes first and whatever opens comes last, so that
 * at every moment between, and after a failure, less is let through rather than more.
 */
export function planNetwork(wanted: Network, observed: ObservedNetwork): NetworkPlan {
  const { possible, blocked } = splitBlocked(canonicalNetwork(wanted, observed), observed)
  const firewall = planFirewall(possible.firewall, observed.firewall)
  const doubles = dropDoubles(observed.routes)
  const closing = closeRoutes(possible.routes, doubles.left)
  const clearing = clearTheWay(possible, { ...observed, routes: closing.left })
  const rest = clearing.left
  const devices = planDevices(possible.devices, rest)
  const addresses = planAddresses(possible.addresses, rest)
  const routes = planRoutes(possible.routes, rest.routes)
  const rules = planRules(possible.rules, rest.rules)
  const steps = [
    ...firewall.closing,
    ...doubles.steps,
    ...closing.steps,
    ...clearing.steps,
    ...devices.adding,
    ...addresses.adding,
    ...routes.adding,
    ...rules.adding,
    ...planSettings(possible.settings, rest),
    ...routes.removing,
    ...addresses.removing,
    ...devices.removing,
    ...rules.removing,
    ...routes.opening,
    ...firewall.opening,
    ...devices.final,
  ]
  return { steps, blocked, makes: devices.makes }
}

function canonicalNetwork(wanted: Network, { lacksIPv6 }: ObservedNetwork): CanonicalNetwork {
  const { addresses, routes, rules } = wanted
  // A kernel without IPv6 has it closed by itself.
  const isClosedAnyway = (route: CanonicalRoute) =>
    lacksIPv6 === true && isClosed(route) && routeFamily(route) === 'ipv6'
  return {
    ...wanted,
    addresses: addresses.map(canonicalDeviceAddress),
    routes: routes.map(wantedRoute).filter((route) => !isClosedAnyway(route)),
    rules: lacksIPv6 === true ? rules.filter(({ family }) => family === 'ipv4') : rules,
  }
}

/** For who wants all or nothing: the Steps, or an error that names what is in the way. */
export function requireUnblocked({
  steps,
  blocked,
}: Pick<NetworkPlan, 'steps' | 'blocked'>): CommandStep[] {
  if (blocked.length === 0) return steps
  const message = blocked.map(({ what, why }) => `${what}: ${why}`).join('; ')
  throw new DynfarmError('network-blocked', message, { details: { blocked } })
}
