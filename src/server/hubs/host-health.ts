import type { RequestOf } from '../../protocol/endpoints.ts'
import type { HostRecord, JsonObject } from '../../protocol/records.ts'

type HubReport = RequestOf<'hubReport'>
type LinkHealth = NonNullable<HubReport['links']>[number]
export type SiteUse = NonNullable<HubReport['sites']>[number]
export type HubUse = NonNullable<HubReport['hub']>

/** What the store keeps of a host's word about its links, and of a hub's about limits. */
export interface HostHealth {
  /** When it was said, by the server's clock. */
  readonly at: number
  readonly links: readonly LinkHealth[]
  readonly sites?: Uses
}

/** Of sites, and of the hub itself where it has limits. */
interface Uses {
  readonly at: number
  readonly uses: readonly SiteUse[]
  readonly hub?: HubUse
}

export interface LinksHeard {
  links: readonly LinkHealth[]
  sites?: readonly SiteUse[] | undefined
  hub?: HubUse | undefined
  at: number
  /** By how much the host's clock is behind the server's. */
  behind: number
  /** The ends that links of the configuration have. */
  peers: ReadonlySet<string>
}

/** A link that is left out is as it was, unless there is none such any more; of sites all are told, or none. */
export function followHost(before: HostRecord['health'], heard: LinksHeard): JsonObject {
  const { links, at, behind, peers } = heard
  const earlier = readHostHealth(before)
  const sites = heard.sites === undefined ? earlier?.sites : usesOf(heard.sites, heard.hub, at)
  const told = links.map((link) => ({
    ...link,
    ...(link.since !== undefined && { since: Math.max(0, Math.min(at, link.since + behind)) }),
  }))
  const known = [...(earlier?.links ?? []), ...told]
  const latest = new Map(known.map((link) => [link.peer, link]))
  const health: HostHealth = {
    at,
    links: [...latest.values()].filter(({ peer }) => peers.has(peer)),
    ...(sites !== undefined && { sites }),
  }
  return { ...health }
}

/** Those that came up or went down. */
export function changedLinks(
  before: HostRecord['health'],
  after: HostRecord['health'],
): LinkHealth[] {
  const earlier = new Map(readHostHealth(before)?.links.map(({ peer, state }) => [peer, state]))
  const now = readHostHealth(after)?.links ?? []
  return now.filter(({ peer, state }) => earlier.get(peer) !== state)
}

function usesOf(uses: readonly SiteUse[], hub: HubUse | undefined, at: number): Uses {
  return { at, uses, ...(hub !== undefined && { hub }) }
}

export function readHostHealth(health: HostRecord['health']): HostHealth | undefined {
  return (health as unknown as HostHealth | null) ?? undefined
}
