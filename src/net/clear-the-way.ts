import type { CommandStep } from '../plan/step.ts'
import { devicesLosingIPv4, isIPv4, removeAddresses } from './addresses.ts'
import { devicesInTheWay, removeDevice } from './devices.ts'
import type { CanonicalNetwork, ObservedNetwork } from './network.ts'
import { removeRoutes, routeDevice, routeFamily } from './routes.ts'
import { deviceOf } from './settings.ts'

interface Clearing {
  steps: CommandStep[]
  left: ObservedNetwork
}

/**
 * Takes away what cannot stay until its successor is there. The kernel would take routes and addresses
 * along unasked, and no undo would bring them back: so they go first, each with its own undo.
 */
export function clearTheWay(wanted: CanonicalNetwork, observed: ObservedNetwork): Clearing {
  const devices = clearDevices(wanted, observed)
  const addresses = clearLastAddresses(wanted, devices.left)
  return { steps: [...devices.steps, ...addresses.steps], left: addresses.left }
}

function clearDevices(wanted: CanonicalNetwork, observed: ObservedNetwork): Clearing {
  const { devices, addresses, routes, sysctls } = observed
  const inTheWay = devicesInTheWay(wanted.devices, devices)
  if (inTheWay.length === 0) return { steps: [], left: observed }
  const gone = new Set(inTheWay.map(({ name }) => name))
  const isGone = ({ dev }: { dev?: string | undefined }) => dev !== undefined && gone.has(dev)
  const steps = [
    ...removeRoutes(routes.filter((route) => isGone({ dev: routeDevice(route) }))),
    ...removeAddresses(addresses.filter(isGone)),
    ...inTheWay.flatMap((device) => removeDevice(device, observed)),
  ]
  const left = {
    ...observed,
    devices: devices.filter(({ name }) => !gone.has(name)),
    addresses: addresses.filter((address) => !isGone(address)),
    routes: routes.filter((route) => !isGone({ dev: routeDevice(route) })),
    sysctls: new Map([...sysctls].filter(([path]) => !gone.has(deviceOf(path) ?? ''))),
  }
  return { steps, left }
}

function clearLastAddresses(wanted: CanonicalNetwork, observed: ObservedNetwork): Clearing {
  const losing = devicesLosingIPv4(wanted, observed)
  if (losing.size === 0) return { steps: [], left: observed }
  const routes = observed.routes.filter(
    (route) => routeFamily(route) === 'ipv4' && losing.has(routeDevice(route) ?? ''),
  )
  const addresses = observed.addresses.filter(
    (address) => isIPv4(address) && losing.has(address.dev),
  )
  const left = {
    ...observed,
    routes: observed.routes.filter((route) => !routes.includes(route)),
    addresses: observed.addresses.filter((address) => !addresses.includes(address)),
  }
  return { steps: [...removeRoutes(routes), ...removeAddresses(addresses)], left }
}
