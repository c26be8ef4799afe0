import type { Profile } from '../../profile/types.ts'
import type { HostRecord } from '../../protocol/records.ts'
import { type HubUse, readHostHealth, type SiteUse } from './host-health.ts'

export interface UseAtHub extends SiteUse {
  hub: string
  /** When the hub said so. */
  at: number
}

/** What living hubs said last of the limits of sites that there are. */
export function usesAtHubs(hosts: readonly HostRecord[], { sites }: Profile): UseAtHub[] {
  return livingHubs(hosts).flatMap(({ name: hub, health }) => {
    const { at, uses } = readHostHealth(health)?.sites ?? { at: 0, uses: [] }
    return uses.filter(({ site }) => sites.has(site)).map((use) => ({ ...use, hub, at }))
  })
}

export interface UseOfHub extends HubUse {
  hub: string
  at: number
}

/** What living hubs said last of limits of their own, where the configuration has such. */
export function usesOfHubs(hosts: readonly HostRecord[], { centre }: Profile): UseOfHub[] {
  return livingHubs(hosts).flatMap(({ name: hub, health }) => {
    const { at = 0, hub: use } = readHostHealth(health)?.sites ?? {}
    const { rx, tx } = centre.hubs[hub]?.limits ?? {}
    const isLimited = rx !== undefined || tx !== undefined
    return use !== undefined && isLimited ? [{ ...use, hub, at }] : []
  })
}

function livingHubs(hosts: readonly HostRecord[]): HostRecord[] {
  return hosts.filter(({ role, revoked }) => role === 'hub' && revoked === null)
}

/** Why nodes of a site at a hub are held back. */
export type HeldAt = (hub: string | undefined, site: string) => string | undefined

export function heldBy(uses: readonly UseAtHub[]): HeldAt {
  const reasons = new Map(uses.map(({ hub, site, held }) => [`${hub} ${site}`, held]))
  return (hub, site) => reasons.get(`${hub} ${site}`)
}
