import { familyOf } from '../../address.ts'
import {
  type Device,
  LASTING_METRIC,
  type Network,
  nothing,
  type Route,
} from '../../net/network.ts'
import type { Reach } from './reach.ts'

const MAIN_TABLE = 254

/** The split tunnel: what is allowed goes through the device, and nowhere when that is down. */
export function nodeNetwork(reach: Reach, device: Device & { mtu: number }): Network {
  const { own, through } = reach
  const { name: dev, mtu } = device
  return {
    ...nothing,
    devices: [device],
    addresses: own.map((address) => ({ dev, address })),
    routes: [
      ...through.map(({ to }): Route => ({ ...routeTo(to), dev, mtu, ...source(to, own) })),
      ...closedRoutes(reach),
    ],
  }
}

/** Without a tunnel: what would go through it goes nowhere, least of all in clear. */
export function closedNetwork(reach: Reach): Network {
  return { ...nothing, routes: closedRoutes(reach) }
}

function closedRoutes({ through, closed }: Reach): Route[] {
  return [...through, ...closed].map(({ to }) => ({
    ...routeTo(to),
    ...{ unreachable: true, metric: LASTING_METRIC },
  }))
}

function routeTo(to: string): { table: number; to: string } {
  return { table: MAIN_TABLE, to }
}

function source(to: string, own: readonly string[]): { src?: string } {
  const src = own.find((address) => familyOf(address) === familyOf(to))
  return src === undefined ? {} : { src }
}
