import type { Profile } from '../../profile/types.ts'
import type { HostRecord } from '../../protocol/records.ts'
import { readHostHealth, type SiteUse } from './host-health.ts'

export interface UseAtHub extends SiteUse {
  hub: string
  /** When the hub said so. */
  at: number
}

/** What living hubs said last of the limits of sites that there are. */
export function usesAtHubs(hosts: readonly HostRecord[], { sites }: Profile): UseAtHub[] {
  return hosts
    .filter(({ role, revoked }) => role === 'hub' && revoked === null)
    .flatMap(({ name: hub, health }) => {
      const { at, uses } = readHostHealth(health)?.sites ?? { at: 0, uses: [] }
      return uses.filter(({ site }) => sites.has(site)).map((use) => ({ ...use, hub, at }))
    })
}

/** Why nodes of a site at a hub are held back. */
export type HeldAt = (hub: string | undefined, site: string) => string | undefined

export function heldBy(uses: readonly UseAtHub[]): HeldAt {
  const reasons = new Map(uses.map(({ hub, site, held }) => [`${hub} ${site}`, held]))
  return (hub, site) => reasons.get(`${hub} ${site}`)
}
