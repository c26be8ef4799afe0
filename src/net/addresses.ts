import type { CommandStep } from '../plan/step.ts'
import { bitsOf, canonicalAddress, familyOf } from './address.ts'
import { type IpLine, ipSteps } from './ip-step.ts'
import { deviceName } from './names.ts'
import { type DeviceAddress, MARK, type Network, type ObservedNetwork } from './network.ts'
import { routeDevice, routeFamily, setRoutes } from './routes.ts'

export interface AddressPlan {
  adding: CommandStep[]
  removing: CommandStep[]
}

export function planAddresses(
  wanted: readonly DeviceAddress[],
  observed: ObservedNetwork,
): AddressPlan {
  const wantedKeys = new Set(wanted.map(addressKey))
  const observedKeys = new Set(observed.addresses.map(addressKey))
  const missing = wanted.filter((address) => !observedKeys.has(addressKey(address)))
  const surplus = observed.addresses.filter((address) => !wantedKeys.has(addressKey(address)))
  return {
    adding: ipSteps({ reason: 'addresses of this host', lines: additions(missing, observed) }),
    removing: ipSteps({ reason: 'remove addresses no longer wanted', lines: surplus.map(removal) }),
  }
}

export function removeAddresses(addresses: readonly DeviceAddress[]): CommandStep[] {
  const reason = 'remove addresses before their device'
  return ipSteps({ reason, lines: addresses.map(removal) })
}

export function addressKey({ dev, address }: DeviceAddress): string {
  return `${withLength(address)} dev ${dev}`
}

/**
 * With the last IPv4 address of a device the kernel drops the device's IPv4 routes. So where there
 * were routes without an address, the undo of the first address sets them again.
 */
function additions(missing: readonly DeviceAddress[], observed: ObservedNetwork): IpLine[] {
  const bare = devicesWithoutIPv4(missing, observed)
  return missing.map((address) => {
    const { line, undo } = addition(address)
    const first = isIPv4(address) && bare.delete(address.dev)
    return { line, undo: first ? [...undo, ...setRoutes(observed.routes, address.dev)] : undo }
  })
}

function devicesWithoutIPv4(
  missing: readonly DeviceAddress[],
  { addresses, foreign }: ObservedNetwork,
): Set<string> {
  const present = [...addresses, ...foreign.addresses].filter(isIPv4).map(({ dev }) => dev)
  const devices = new Set(missing.map(({ dev }) => dev))
  for (const dev of present) devices.delete(dev)
  return devices
}

/**
 * The other side of the same: devices that lose their last IPv4 address and shall have IPv4 routes all
 * the same. Both go first, and the routes come back after that.
 */
export function devicesLosingIPv4(wanted: Network, observed: ObservedNetwork): Set<string> {
  const keep = [...wanted.addresses, ...observed.foreign.addresses].filter(isIPv4)
  const kept = new Set(keep.map(({ dev }) => dev))
  const routed = new Set(
    wanted.routes.filter((route) => routeFamily(route) === 'ipv4').map(routeDevice),
  )
  const losing = observed.addresses.filter(
    (address) => isIPv4(address) && !kept.has(address.dev) && routed.has(address.dev),
  )
  return new Set(losing.map(({ dev }) => dev))
}

export function isIPv4({ address }: DeviceAddress): boolean {
  return familyOf(address) === 'ipv4'
}

function addition(address: DeviceAddress): Required<IpLine> {
  return { line: `addr add ${describe(address)}`, undo: [`addr del ${identify(address)}`] }
}

function removal(address: DeviceAddress): IpLine {
  return { line: `addr del ${identify(address)}`, undo: [`addr add ${describe(address)}`] }
}

/** Without duplicate address detection: routes name the address as their source at once. */
function describe(address: DeviceAddress): string {
  const detection = familyOf(address.address) === 'ipv6' ? ' nodad' : ''
  return `${identify(address)} metric ${MARK}${detection}`
}

function identify(address: DeviceAddress): string {
  deviceName(address.dev)
  return addressKey(address)
}

function withLength(text: string): string {
  const [host = '', length] = text.split('/')
  return `${canonicalAddress(host)}/${length ?? bitsOf(familyOf(host))}`
}
