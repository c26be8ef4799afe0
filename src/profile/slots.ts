import { compareAddresses, type Prefix } from '../address.ts'
import { parseNetwork, slotAddress, slotsIn } from './network.ts'
import { listOf, type Profile, type Site } from './types.ts'

/** Who the machine in a slot is: all of it follows from the slot, so it is known before there is a machine. */
export interface Identity {
  name: string
  fqdn: string
  site: string
  slot: number
  /** Its inner addresses: one, or one of each family, IPv4 first. */
  addresses: string[]
}

export type SlotKind = 'node' | 'job'

/** How many slots of a kind a site has; more than a number holds counts as the largest one. */
export function slotCount(site: Site, kind: SlotKind): number {
  const fitting = Math.min(...rangesOf(site, kind).map((range) => Number(slotsIn(range))))
  const count = Number.isFinite(fitting) ? fitting : 0
  return kind === 'node' ? Math.min(site.limits.nodes ?? count, count) : count
}

/** The caller keeps the slot between 1 and slotCount. */
export function identify(
  profile: Profile,
  site: Site,
  slot: { kind: SlotKind; number: number },
): Identity {
  const name =
    slot.kind === 'node' ? `${site.site}-${slot.number}` : `${site.site}-job-${slot.number}`
  return {
    name,
    fqdn: `${name}.${profile.centre.domain}`,
    site: site.site,
    slot: slot.number,
    addresses: rangesOf(site, slot.kind).map((range) => slotAddress(range, slot.number)),
  }
}

/** IPv4 first. */
function rangesOf(site: Site, kind: SlotKind): Prefix[] {
  const written = kind === 'node' ? site.nodes : site.jobs
  const ranges = written === undefined ? [] : listOf(written).map(parseNetwork)
  return ranges.filter((range) => range !== undefined).sort(compareAddresses)
}
