import type { RequestOf } from '../../protocol/endpoints.ts'
import type { HostRecord, JsonObject } from '../../protocol/records.ts'

type LinkHealth = NonNullable<RequestOf<'hubReport'>['links']>[number]

/** What the store keeps of a host's word about its links. */
export interface HostHealth {
  /** When it was said, by the server's clock. */
  readonly at: number
  readonly links: readonly LinkHealth[]
}

export interface LinksHeard {
  links: readonly LinkHealth[]
  at: number
  /** By how much the host's clock is behind the server's. */
  behind: number
  /** The ends that links of the configuration have. */
  peers: ReadonlySet<string>
}

/** A link that is left out is as it was, unless there is none such any more. */
export function followLinks(before: HostRecord['health'], heard: LinksHeard): JsonObject {
  const { links, at, behind, peers } = heard
  const told = links.map((link) => ({
    ...link,
    ...(link.since !== undefined && { since: Math.max(0, Math.min(at, link.since + behind)) }),
  }))
  const known = [...(readHostHealth(before)?.links ?? []), ...told]
  const latest = new Map(known.map((link) => [link.peer, link]))
  const health: HostHealth = {
    at,
    links: [...latest.values()].filter(({ peer }) => peers.has(peer)),
  }
  return { ...health }
}

export function readHostHealth(health: HostRecord['health']): HostHealth | undefined {
  return (health as unknown as HostHealth | null) ?? undefined
}
