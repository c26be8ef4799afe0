import { contains, parseAddress, parsePrefix } from '../../address.ts'
import { identify, slotCount } from '../../profile/slots.ts'
import { listOf, type Profile } from '../../profile/types.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import type { FeedNode } from '../../protocol/records.ts'

export type Seed = RequestOf<'hubSeed'>['nodes'][number]
/** A node with a slot: what else there is was never a node of the farm. */
export type PlacedSeed = FeedNode & { readonly slot: number }

interface Bounds {
  profile: Profile
  /** The hub's place in the feed: it was told of nothing later. */
  generation: number
  now: number
}

/** A node as a hub tells it, with what follows from its slot taken from the configuration and not from the hub. */
export function placeSeed(
  seed: Seed,
  { profile, generation, now }: Bounds,
): PlacedSeed | undefined {
  const { slot } = seed
  if (slot === null || isOver(seed)) return undefined
  return {
    ...seed,
    ...placeOf(profile, { ...seed, slot }),
    slot,
    created: Math.min(seed.created, now),
    generation: Math.min(seed.generation, generation),
  }
}

/** A state of nodes that live no more. */
function isOver({ state, freed }: Seed): boolean {
  return freed === null && (state === 'left' || state === 'forgotten')
}

function placeOf(
  profile: Profile,
  { site: ofSite, role, slot, addresses }: Seed & { slot: number },
): Pick<FeedNode, 'name' | 'addresses'> {
  const site = profile.sites.get(ofSite)
  if (site !== undefined && slot <= slotCount({ ...site, limits: {} }, role)) {
    const { name, addresses } = identify(profile, site, { kind: role, number: slot })
    return { name, addresses }
  }
  return {
    name: role === 'node' ? `${ofSite}-${slot}` : `${ofSite}-job-${slot}`,
    addresses: addresses.filter((address) => !isGiven(profile, address)),
  }
}

/** Is the address one that a node of a configured site can have? */
function isGiven({ sites }: Profile, text: string): boolean {
  const address = parseAddress(text)
  return [...sites.values()]
    .flatMap(({ nodes, jobs = [] }) => [...listOf(nodes), ...listOf(jobs)])
    .map(parsePrefix)
    .some((range) => range !== undefined && address !== undefined && contains(range, address))
}
