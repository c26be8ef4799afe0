import type { Machine } from '../apply/machine.ts'
import { servicesOf } from './network/links.ts'
import type { HubState, Way } from './network/state.ts'

/** How the hub itself reaches each address of its routed services; one that it cannot reach has no way. */
export async function observeWays(
  machine: Machine,
  state: Pick<HubState, 'hub' | 'config'>,
): Promise<ReadonlyMap<string, Way>> {
  const addresses = servicesOf(state, 'routed').flatMap((service) => service.addresses)
  const ways = addresses.map(async (address): Promise<[string, Way][]> => {
    const { code, stdout } = await machine.run({ argv: ['ip', '-json', 'route', 'get', address] })
    const way = code === 0 ? parseWay(stdout) : undefined
    return way === undefined ? [] : [[address, way]]
  })
  return new Map((await Promise.all(ways)).flat())
}

interface RouteGetJson {
  type?: string
  dev?: string
  gateway?: string
}

/** None to an address of the hub's own, nor by a device of dynfarm's, where the way would lead back. */
export function parseWay(output: string): Way | undefined {
  const [route] = JSON.parse(output || '[]') as RouteGetJson[]
  const { type = 'unicast', dev, gateway } = route ?? {}
  if (dev === undefined || dev === 'lo' || type !== 'unicast') return undefined
  if (/^(tun|hub|gr.|vx.)-/.test(dev)) return undefined
  return { device: dev, ...(gateway !== undefined && { via: gateway }) }
}
