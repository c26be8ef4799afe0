import { DynfarmError } from '../errors.ts'
import { didYouMean } from '../profile/suggest.ts'
import { parseWay } from '../protocol/way.ts'
import { ownName } from './files/processes.ts'
import type { Inventory } from './inventory.ts'
import type { Target } from './session/target.ts'

type Hub = NonNullable<Inventory['hubs']>[number]

export interface Via {
  user: string
  hub: Target
}

/**
 * `[USER@]HUB[:PORT]`, where HUB is a hub's name or where it is reached. It must show a host key that the server
 * knows: of a hub by its name that hub's own, of a name or an address of the network one of any hub.
 */
export function parseVia(text: string, hubs: readonly Hub[], ownUser = ownName()): Via {
  const { user = ownUser, name, port } = parseWay(text)
  const hub = findHub(name, hubs)
  if (hub.hostKeys.length === 0)
    throw new DynfarmError('no-such-hub', `no host key of hub "${name}" is known`)
  const target = { name, port, hasChangedKeys: false }
  return { user, hub: { ...target, ...hub, name } }
}

function findHub(name: string, hubs: readonly Hub[]): Pick<Target, 'addresses' | 'hostKeys'> {
  const named = hubs.find((hub) => hub.name === name)
  if (named !== undefined) return { addresses: named.addresses, hostKeys: named.hostKeys }
  const isAddress = /[.:]/.test(name)
  if (!isAddress) {
    const hint = didYouMean(
      name,
      hubs.map((hub) => hub.name),
    )
    throw new DynfarmError('no-such-hub', `there is no hub "${name}"`, hint)
  }
  return { addresses: [name], hostKeys: [...new Set(hubs.flatMap(({ hostKeys }) => hostKeys))] }
}
