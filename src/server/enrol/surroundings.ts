import type { Profile, Site } from '../../profile/types.ts'
import { listOf } from '../../profile/types.ts'
import type { HostRecord, ReleaseRecord } from '../../protocol/records.ts'
import type { Reads } from '../../store/tx.ts'
import { Refusal } from '../refusal.ts'
import type { Server } from '../server.ts'
import { limitsOf } from './limits.ts'

/** What an answer is made of besides the node itself. */
export interface Surroundings {
  readonly profile: Profile
  /** Those that live. */
  readonly hosts: readonly HostRecord[]
  readonly releases: readonly ReleaseRecord[]
}

export async function readSurroundings(reads: Reads, profile: Profile): Promise<Surroundings> {
  const hosts = await reads.hosts.list()
  return {
    profile,
    hosts: hosts.filter(({ revoked }) => revoked === null),
    releases: await reads.releases.list(),
  }
}

/** The hub at the end of a tunnel, when it has enrolled and has what the tunnel needs. */
export function hubAt(
  { profile, hosts }: Pick<Surroundings, 'profile' | 'hosts'>,
  tunnel: string,
): HostRecord | undefined {
  const { hub, kind } = profile.centre.tunnels[tunnel] ?? {}
  const host = hosts.find(({ role, name }) => role === 'hub' && name === hub)
  return kind === 'wireguard' && host?.wireguardKey === null ? undefined : host
}

/** Lets no machine use up a slot while there is no hub that it could reach. */
export function checkLadder(site: Site, around: Surroundings, server: Server): void {
  const tunnels = site.tunnels.flatMap((rung) => listOf(rung))
  const missing = tunnels.filter((name) => hubAt(around, name) === undefined)
  for (const name of missing) sayMissing(name, server)
  if (missing.length < tunnels.length) return
  throw new Refusal('server-busy', `no hub of site "${site.site}" has enrolled yet`, {
    retryAfter: 30,
    audit: { site: site.site },
  })
}

function sayMissing(tunnel: string, server: Server): void {
  if (limitsOf(server).sayings.take(`tunnel ${tunnel}`, server.now()) > 0) return
  server.log.warn(`tunnel "${tunnel}" is left out of what nodes get: its hub has not enrolled`)
}
