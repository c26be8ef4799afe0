import { overlaps, parsePrefix } from '../../address.ts'
import { findClass, findSite } from '../../profile/resolve/context.ts'
import { slotCount } from '../../profile/slots.ts'
import { didYouMean } from '../../profile/suggest.ts'
import type { Profile, Site } from '../../profile/types.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import type { Person } from '../call.ts'
import { Refusal } from '../refusal.ts'
import { checkHighest, checkSees } from './person.ts'

export type TokenWanted = RequestOf<'tokenCreate'>

interface Circumstances {
  profile: Profile
  person: Person
}

/** Refuses a token that nobody could use, or that this person may not make; the first fault is named. */
export function checkToken(wanted: TokenWanted, { profile, person }: Circumstances): void {
  if (isHost(wanted.role)) checkHostToken(wanted, profile, person)
  else checkNodeToken(wanted, profile, person)
}

export function isHost(role: TokenWanted['role']): boolean {
  return role === 'hub' || role === 'service'
}

function checkHostToken(wanted: TokenWanted, profile: Profile, person: Person): void {
  const { role, name, uses, ttl } = wanted
  checkHighest(person, `a token for a ${role}`)
  for (const part of ['site', 'class', 'slot'] as const)
    if (wanted[part] !== undefined) throw unfit(part, `a token for a ${role} has no ${part}`)
  if (name === undefined) throw unfit('name', `a token for a ${role} names one`)
  checkHostName(role === 'hub' ? profile.centre.hubs : profile.centre.services, { role, name })
  if (uses !== 1) throw unfit('uses', `a token for a ${role} has one use`)
  if (ttl > longestHostToken) throw unfit('ttl', `a token for a ${role} lasts a day at most`)
}

const longestHostToken = 24 * 3600 * 1000

function checkHostName(known: object, { role, name }: { role: string; name: string }): void {
  if (Object.hasOwn(known, name)) return
  const { hint } = didYouMean(name, Object.keys(known))
  throw unfit(
    'name',
    `centre.yaml has no ${role} "${name}"${hint === undefined ? '' : `; ${hint}`}`,
  )
}

function checkNodeToken(wanted: TokenWanted, profile: Profile, person: Person): void {
  const { role, name, site: named, class: ofClass, slot, sources = [] } = wanted
  if (name !== undefined) throw unfit('name', `a token for a ${role} has no name`)
  if (named === undefined) throw unfit('site', `a token for a ${role} is for one site`)
  checkSees(person, named)
  const site = findSite(profile, named)
  if (ofClass !== undefined) findClass(site, ofClass)
  checkSlot(site, role === 'job' ? 'job' : 'node', slot)
  for (const [index, source] of sources.entries())
    if (!meets(site, source))
      throw unfit(`sources/${index}`, `"${named}" matches no source in "${source}"`)
}

function checkSlot(site: Site, kind: 'node' | 'job', slot: number | undefined): void {
  const count = slotCount(site, kind)
  if (count === 0) throw unfit('role', `"${site.site}" has no ${kind} slots`)
  if (slot !== undefined && slot > count)
    throw new Refusal('no-such-slot', `"${site.site}" has ${count} ${kind} slots, no "${slot}"`, {
      path: '/slot',
    })
}

/** A site without sources of its own takes machines from anywhere. */
function meets(site: Site, source: string): boolean {
  const wanted = parsePrefix(source)
  const allowed = site.match?.source.map(parsePrefix) ?? [wanted]
  return wanted !== undefined && allowed.some((one) => one !== undefined && overlaps(one, wanted))
}

function unfit(part: string, what: string): Refusal {
  return new Refusal('request-unfit', what, { path: `/${part}` })
}
