import { userInfo } from 'node:os'
import { DynfarmError } from '../errors.ts'
import { didYouMean } from '../profile/suggest.ts'
import type { Inventory } from './inventory.ts'
import type { Target } from './session/connect.ts'

type Hub = NonNullable<Inventory['hubs']>[number]

export interface Via {
  user: string
  hub: Target
}

/**
 * `[USER@]HUB[:PORT]`, where HUB is a hub's name or where it is reached. It must show a host key that the server
 * knows: of a hub by its name that hub's own, of a name or an address of the network one of any hub.
 */
export function parseVia(text: string, hubs: readonly Hub[], ownUser = userInfo().username): Via {
  const [, user = ownUser, bracketed, plain, port = '22'] =
    /^(?:([a-z_][\w.-]*\$?)@)?(?:\[([0-9a-f:.]+)\]|([^@:[\]\s]+|[0-9a-f:.]+))(?::(\d{1,5}))?$/i.exec(
      text,
    ) ?? []
  const name = bracketed ?? plain
  if (name === undefined || Number(port) > 65_535)
    throw new DynfarmError('usage', `"${text}" is no way like [USER@]HUB[:PORT]`)
  const hub = findHub(name, hubs)
  if (hub.hostKeys.length === 0)
    throw new DynfarmError('no-such-hub', `no host key of hub "${name}" is known`)
  const target = { name, port: Number(port), hasChangedKeys: false }
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
