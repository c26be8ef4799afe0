import { networkInterfaces } from 'node:os'
import { contains, parseAddress, parsePrefix } from '../../address.ts'
import type { Machine } from '../../apply/machine.ts'
import { DynfarmError } from '../../errors.ts'
import { decode } from '../../protocol/decode.ts'
import { relayPlace } from '../../protocol/schema/relay.ts'
import { nodePaths } from '../join/state.ts'
import { load } from '../stored.ts'

/** Where siblings of this node reach each other, as its site's profile says. */
export interface RelayPlace {
  network: string
  port: number
}

export async function loadPlace(machine: Machine, stateDir: string): Promise<RelayPlace> {
  const kept = await load(machine, nodePaths(stateDir).config, relayPlace)
  const { answer } = (kept ?? {}) as { answer?: { site?: { relay?: RelayPlace } } }
  if (answer?.site?.relay === undefined) throw failed('the site of this machine has no relay')
  return answer.site.relay
}

/** The one address of this machine that siblings reach it by. */
export function ownAddress({ network }: RelayPlace): string {
  const own = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ address }) => isWithin(address, network))
  if (own === undefined) throw failed(`this machine has no address in "${network}"`)
  return own.address
}

export function isWithin(text: string, network: string): boolean {
  const [address, prefix] = [parseAddress(text), parsePrefix(network)]
  return address !== undefined && prefix !== undefined && contains(prefix, address)
}

/** The order of who started this, over ssh. */
export function readOrder<T>(schema: object, line: string): T {
  const decoded = decode(schema, parse(line))
  if ('fault' in decoded) throw failed(`the order is wrong at "${decoded.fault.path}"`)
  return decoded.value as T
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

export function failed(message: string): DynfarmError {
  return new DynfarmError('relay-failed', message)
}
