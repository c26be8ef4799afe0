import { DynfarmError } from '../errors.ts'
import type { CommandStep } from '../plan/step.ts'
import { planAddresses, removeAddresses } from './addresses.ts'
import { type Blocked, splitBlocked } from './blocked.ts'
import { devicesInTheWay, planDevices, removeDevice } from './devices.ts'
import type { Network, ObservedDevice, ObservedNetwork } from './network.ts'
import { planFirewall } from './nft/plan.ts'
import { planRoutes, removeRoutes } from './routes.ts'
import { planRules } from './rules.ts'
import { deviceOf, planSettings } from './settings.ts'

export interface NetworkPlan {
  steps: CommandStep[]
  /** What was left out of the steps, and why: the rest does not wait for it. */
  blocked: Blocked[]
}

/**
 * From what is to what should be. Whatever closes comes first and whatever opens comes last, so that
 * at every moment between, and after a failure, less is let through rather than more.
 */
export function planNetwork(wanted: Network, observed: ObservedNetwork): NetworkPlan {
  const { possible, blocked } = splitBlocked(wanted, observed)
  const inTheWay = devicesInTheWay(possible.devices, observed.devices)
  const rest = withoutDevices(observed, inTheWay)
  const firewall = planFirewall(possible.firewall, rest.firewall)
  const devices = planDevices(possible.devices, rest)
  const addresses = planAddresses(possible.addresses, rest.addresses)
  const routes = planRoutes(possible.routes, rest.routes)
  const rules = planRules(possible.rules, rest.rules)
  const steps = [
    ...firewall.closing,
    ...routes.closing,
    ...removeDevices(inTheWay, observed),
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
  return { steps, blocked }
}

/** For who wants all or nothing: the Steps, or an error that names what is in the way. */
export function requireUnblocked({ steps, blocked }: NetworkPlan): CommandStep[] {
  if (blocked.length === 0) return steps
  const message = blocked.map(({ what, why }) => `${what}: ${why}`).join('; ')
  throw new DynfarmError('network-blocked', message, { details: { blocked } })
}

/** The kernel would take routes and addresses along unasked, and no undo would bring them back. */
function removeDevices(
  devices: readonly ObservedDevice[],
  observed: ObservedNetwork,
): CommandStep[] {
  const gone = new Set(devices.map(({ name }) => name))
  return [
    ...removeRoutes(observed.routes.filter((route) => 'dev' in route && gone.has(route.dev))),
    ...removeAddresses(observed.addresses.filter(({ dev }) => gone.has(dev))),
    ...devices.flatMap((device) => removeDevice(device, observed)),
  ]
}

function withoutDevices(
  observed: ObservedNetwork,
  devices: readonly ObservedDevice[],
): ObservedNetwork {
  const gone = new Set(devices.map(({ name }) => name))
  if (gone.size === 0) return observed
  return {
    ...observed,
    devices: observed.devices.filter(({ name }) => !gone.has(name)),
    addresses: observed.addresses.filter(({ dev }) => !gone.has(dev)),
    routes: observed.routes.filter((route) => !('dev' in route && gone.has(route.dev))),
    sysctls: new Map([...observed.sysctls].filter(([path]) => !gone.has(deviceOf(path) ?? ''))),
  }
}
