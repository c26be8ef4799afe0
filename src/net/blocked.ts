import { addressKey } from './addresses.ts'
import type {
  CanonicalNetwork,
  CanonicalRoute,
  Device,
  DeviceAddress,
  ObservedNetwork,
} from './network.ts'

/** A wanted object that cannot be had now. */
export interface Blocked {
  what: string
  why: string
  /** foreign: somebody else's object has its place. missing: the device may yet come. */
  cause: 'foreign' | 'missing'
}

export interface Split {
  possible: CanonicalNetwork
  blocked: Blocked[]
}

/** Sorts out what stands on a device that is not there, or where something foreign stands already. */
export function splitBlocked(wanted: CanonicalNetwork, observed: ObservedNetwork): Split {
  refuseTwice(
    'device',
    wanted.devices.map(({ name }) => name),
  )
  refuseTwice(
    'route',
    wanted.routes.map(({ key }) => key),
  )
  const devices = sort(wanted.devices, (device) => deviceBlocked(device, observed))
  const usable = usableDevices(devices.possible, observed)
  const without = (dev: string) => (usable.has(dev) ? undefined : missing(dev))
  const addresses = sort(
    wanted.addresses,
    (address) =>
      addressTaken(address, observed) ??
      blockedBy(`address ${address.address}`, without(address.dev)),
  )
  const routes = sort(
    wanted.routes,
    (route) =>
      routeTaken(route, observed) ??
      ('dev' in route ? blockedBy(`route to ${route.to}`, without(route.dev)) : undefined),
  )
  const settings = sort(wanted.settings, ({ dev }) => blockedBy(`settings of ${dev}`, without(dev)))
  return {
    possible: {
      ...wanted,
      devices: devices.possible,
      addresses: addresses.possible,
      routes: routes.possible,
      settings: settings.possible,
    },
    blocked: [devices, addresses, routes, settings].flatMap(({ blocked }) => blocked),
  }
}

/** Two wanted objects in one place: a bug of who composed them, and never to settle on both. */
function refuseTwice(what: string, keys: readonly string[]): void {
  if (new Set(keys).size === keys.length) return
  const twice = keys.find((key, at) => keys.indexOf(key) !== at)
  throw new Error(`${what} "${twice}" is wanted twice`)
}

function sort<T>(objects: readonly T[], ask: (object: T) => Blocked | undefined) {
  const possible: T[] = []
  const blocked: Blocked[] = []
  for (const object of objects) {
    const answer = ask(object)
    if (answer === undefined) possible.push(object)
    else blocked.push(answer)
  }
  return { possible, blocked }
}

function deviceBlocked(device: Device, { devices, foreign }: ObservedNetwork): Blocked | undefined {
  const what = `device ${device.name}`
  const taken = foreign.devices.has(device.name)
  if (device.kind === 'external') {
    const there = taken || devices.some(({ name }) => name === device.name)
    return there ? undefined : blockedBy(what, missing(device.name))
  }
  if (!taken) return undefined
  return { what, why: 'a device of this name is there that dynfarm did not make', cause: 'foreign' }
}

/** A foreign device that is down takes no routes, and is not dynfarm's to bring up. */
function usableDevices(devices: readonly Device[], observed: ObservedNetwork): Set<string> {
  const up = [...observed.foreign.devices].filter(([, device]) => device.up)
  return new Set([...devices.map(({ name }) => name), ...up.map(([name]) => name)])
}

function addressTaken(address: DeviceAddress, { foreign }: ObservedNetwork): Blocked | undefined {
  const key = addressKey(address)
  if (!foreign.addresses.some((other) => addressKey(other) === key)) return undefined
  return {
    what: `address ${key}`,
    why: 'it is there, but dynfarm did not set it',
    cause: 'foreign',
  }
}

function routeTaken(route: CanonicalRoute, { foreign }: ObservedNetwork): Blocked | undefined {
  if (!foreign.routes.has(route.key)) return undefined
  const why = `table ${route.table} has a route for it that dynfarm did not make`
  return { what: `route to ${route.to}`, why, cause: 'foreign' }
}

function missing(dev: string): string {
  return `device "${dev}" is not there or not up`
}

function blockedBy(what: string, why: string | undefined): Blocked | undefined {
  return why === undefined ? undefined : { what, why, cause: 'missing' }
}
