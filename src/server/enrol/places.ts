import { contains, parseAddress, parsePrefix } from '../../address.ts'
import { identify, slotCount } from '../../profile/slots.ts'
import type { Profile, Site } from '../../profile/types.ts'
import type { SlotRole } from '../../protocol/records.ts'
import { Refusal } from '../refusal.ts'

export function isWithin(address: string, networks: readonly string[]): boolean {
  const parsed = parseAddress(address)
  return networks.some((text) => {
    const network = parsePrefix(text)
    return parsed !== undefined && network !== undefined && contains(network, parsed)
  })
}

/** The sites that say that their machines come from this address. */
export function sitesAround(profile: Profile, address: string): Site[] {
  const sites = [...profile.sites.values()]
  return sites.filter(({ match }) => match !== undefined && isWithin(address, match.source))
}

/** Refuses who comes from where no machine of the site comes from. */
export function checkSource(profile: Profile, site: Site, address: string): void {
  if (site.match === undefined || isWithin(address, site.match.source)) return
  const [other] = sitesAround(profile, address)
  const place = other === undefined ? 'no machine of it' : `machines of site "${other.site}"`
  throw new Refusal(
    'token-elsewhere',
    `this token is for site "${site.site}", and ${place} come from "${address}"`,
    { audit: { site: site.site } },
  )
}

export interface Place {
  readonly site: string
  readonly class: string | null
  readonly role: SlotRole
}

/** The site, where it and the class are there and have addresses for such a node. */
export function findPlace(profile: Profile, place: Place): Site {
  const gone = goneOf(profile, place)
  if (gone !== undefined) throw placeGone(place.site, gone)
  return profile.sites.get(place.site) as Site
}

/** Name and addresses of a slot that a node has already: a limit that was lowered since does not concern it. */
export function identityOf(profile: Profile, site: Site, slot: { role: SlotRole; number: number }) {
  const gone = slotGone(site, slot)
  if (gone !== undefined) throw placeGone(site.site, gone)
  return identify(profile, site, { kind: slot.role, number: slot.number })
}

function placeGone(site: string, what: string): Refusal {
  return new Refusal('place-gone', what, { audit: { site } })
}

/** Why the profile has no place any more for who had one. */
export function whyPlaceGone(
  profile: Profile,
  { slot, ...place }: Place & { readonly slot?: number | null | undefined },
): string | undefined {
  const gone = goneOf(profile, place)
  const site = profile.sites.get(place.site)
  if (gone !== undefined || site === undefined || slot == null) return gone
  return slotGone(site, { role: place.role, number: slot })
}

function goneOf(profile: Profile, { site: name, class: ofClass, role }: Place): string | undefined {
  const site = profile.sites.get(name)
  if (site === undefined) return `the centre has no site "${name}" any more`
  if (ofClass !== null && !Object.hasOwn(site.classes, ofClass))
    return `site "${name}" has no class "${ofClass}" any more`
  return slotCount(withoutLimit(site), role) === 0
    ? `site "${name}" has no addresses for a ${role}`
    : undefined
}

function slotGone(site: Site, slot: { role: SlotRole; number: number }): string | undefined {
  return slot.number > slotCount(withoutLimit(site), slot.role)
    ? `the range of site "${site.site}" ends before slot ${slot.number}`
    : undefined
}

/** The same profile, in which every slot of a site's range may be. */
export function withoutLimits(profile: Profile): Profile {
  const known = unlimited.get(profile)
  if (known !== undefined) return known
  const sites = new Map([...profile.sites].map(([name, site]) => [name, withoutLimit(site)]))
  const made = { ...profile, sites }
  unlimited.set(profile, made)
  return made
}

const unlimited = new WeakMap<Profile, Profile>()

function withoutLimit(site: Site): Site {
  const { nodes: _, ...limits } = site.limits
  return { ...site, limits }
}
