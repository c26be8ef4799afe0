import type { CommandStep } from '../plan/step.ts'
import { bitsOf, canonicalAddress, familyOf } from './address.ts'
import { type IpLine, ipSteps } from './ip-step.ts'
import { deviceName } from './names.ts'
import { type DeviceAddress, MARK } from './network.ts'

export interface AddressPlan {
  adding: CommandStep[]
  removing: CommandStep[]
}

export function planAddresses(
  wanted: readonly DeviceAddress[],
  observed: readonly DeviceAddress[],
): AddressPlan {
  const wantedKeys = new Set(wanted.map(addressKey))
  const observedKeys = new Set(observed.map(addressKey))
  const missing = wanted.filter((address) => !observedKeys.has(addressKey(address)))
  const surplus = observed.filter((address) => !wantedKeys.has(addressKey(address)))
  return {
    adding: ipSteps({ reason: 'addresses of this host', lines: missing.map(addition) }),
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

function addition(address: DeviceAddress): IpLine {
  return { line: `addr add ${describe(address)}`, undo: `addr del ${identify(address)}` }
}

function removal(address: DeviceAddress): IpLine {
  return { line: `addr del ${identify(address)}`, undo: `addr add ${describe(address)}` }
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
