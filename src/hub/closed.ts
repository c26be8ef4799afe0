import type { ObservedNetwork } from '../net/network.ts'
import type { Closed } from './network/state.ts'

/** What the host did not forward in this boot before dynfarm switched it on. */
export interface ClosedRecord extends Closed {
  boot: string
}

/** Whatever is seen not to forward did not; what forwards now may do so by dynfarm alone, if it did not before. */
export function followClosed(
  before: ClosedRecord | undefined,
  { sysctls, foreign }: Pick<ObservedNetwork, 'sysctls' | 'foreign'>,
  boot: string,
): ClosedRecord {
  const last = before?.boot === boot ? before : { ipv4: [], ipv6: false }
  const shut = [...foreign.devices.keys()].filter(
    (device) => sysctls.get(`net/ipv4/conf/${device}/forwarding`) === '0',
  )
  return {
    boot,
    ipv4: [...new Set([...last.ipv4, ...shut])].sort(),
    ipv6: last.ipv6 || sysctls.get('net/ipv6/conf/all/forwarding') === '0',
  }
}

/** The guards of a hub need only those by which it lets packets in itself. */
export function closedUplinks(closed: Closed, uplinks: readonly string[]): Closed {
  return { ...closed, ipv4: closed.ipv4.filter((device) => uplinks.includes(device)) }
}
