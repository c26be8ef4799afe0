import { DynfarmError } from '../../errors.ts'
import { type Identity, identify, type SlotKind, slotCount } from '../slots.ts'
import { didYouMean } from '../suggest.ts'
import type { Facts } from '../template.ts'
import type { Profile, Site, SiteClass } from '../types.ts'

export interface NodeWanted {
  site: string
  class?: string
  slot: number
  /** job: an unprivileged job, which gets the tunnel and nothing of the customisation. */
  kind?: SlotKind
  /** Absent: a template shows each fact as its name. */
  facts?: Facts
}

/** A node that is wanted, with all that it refers to found. */
export interface NodeContext {
  profile: Profile
  site: Site
  class: { name: string; says: SiteClass } | undefined
  kind: SlotKind
  identity: Identity
  facts: Facts | undefined
}

export function findNode(profile: Profile, wanted: NodeWanted): NodeContext {
  const site = findSite(profile, wanted.site)
  const kind = wanted.kind ?? 'node'
  checkSlot(site, kind, wanted.slot)
  return {
    profile,
    site,
    class: wanted.class === undefined ? undefined : findClass(site, wanted.class),
    kind,
    identity: identify(profile, site, { kind, number: wanted.slot }),
    facts: wanted.facts,
  }
}

export function findSite(profile: Profile, name: string): Site {
  const site = profile.sites.get(name)
  if (site !== undefined) return site
  throw new DynfarmError(
    'no-such-site',
    `no site "${name}"`,
    didYouMean(name, profile.sites.keys()),
  )
}

export function findClass(site: Site, name: string): { name: string; says: SiteClass } {
  const says = Object.hasOwn(site.classes, name) ? site.classes[name] : undefined
  if (says !== undefined) return { name, says }
  const hint = didYouMean(name, Object.keys(site.classes))
  throw new DynfarmError('no-such-class', `no class "${name}" in site "${site.site}"`, hint)
}

function checkSlot(site: Site, kind: SlotKind, slot: number): void {
  const count = slotCount(site, kind)
  if (Number.isInteger(slot) && slot >= 1 && slot <= count) return
  throw new DynfarmError(
    'no-such-slot',
    `site "${site.site}" has ${count} ${kind} slots, no "${slot}"`,
  )
}
