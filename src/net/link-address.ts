import { createHash } from 'node:crypto'
import { canonicalAddress } from '../address.ts'
import type { VxlanLink } from './network.ts'

/**
 * The Ethernet address of a VXLAN's end. It is the same each time that the end is made: the far one remembers it, and
 * would send for half a minute to nobody after a link that went and came back.
 */
export function linkAddress({ id, local }: VxlanLink): string {
  const hash = createHash('sha256')
    .update(`${id} ${canonicalAddress(local)}`)
    .digest()
  const bytes = [LOCALLY_ADMINISTERED, ...hash.subarray(0, 5)]
  return bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(':')
}

const LOCALLY_ADMINISTERED = 0x02
