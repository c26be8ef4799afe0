import { slotCount } from '../profile/slots.ts'
import type { Profile } from '../profile/types.ts'
import type {
  HostRecord,
  JsonObject,
  Position,
  SlotRole,
  TokenRecord,
} from '../protocol/records.ts'
import type { NodeCount } from '../store/node-reads.ts'
import type { SlotCount } from '../store/slots.ts'
import { readHostHealth } from './hubs/host-health.ts'
import { type UseAtHub, type UseOfHub, usesAtHubs, usesOfHubs } from './hubs/site-use.ts'
import type { Figure, Figures } from './metrics.ts'
import type { Server } from './server.ts'

/** One state of the store, and what it comes to. */
export async function readFigures({ store, profile, now }: Server): Promise<Figures> {
  const at = now()
  return store.read(async ({ nodes, tokens, hosts, feed }) => ({
    nodes: (await nodes.counts()).map(nodeFigure),
    slots: slotFigures(profile(), await nodes.slotCounts(at)),
    tokens: tokenFigures(await tokens.list(), at),
    tunnels: tunnelFigures(await nodes.healths()),
    links: linkFigures(await hosts.list()),
    ...limitFigures(usesAtHubs(await hosts.list({ role: 'hub' }), profile())),
    ...hubLimitFigures(usesOfHubs(await hosts.list({ role: 'hub' }), profile())),
    ...hostFigures(await hosts.list(), await feed.position(), at),
  }))
}

function nodeFigure({ site, role, state, count }: NodeCount): Figure {
  return { labels: { site, role, state }, value: count }
}

/** Every site of the profile has its slots, also one where no machine ever was. */
export function slotFigures(profile: Profile, counts: readonly SlotCount[]): Figure[] {
  return [...profile.sites.values()].flatMap((site) =>
    (['node', 'job'] as const).flatMap((role) => {
      const total = slotCount(site, role)
      const found = counts.find((count) => count.site === site.site && count.role === role)
      return total === 0 && found === undefined ? [] : slotStates(site.site, role, { total, found })
    }),
  )
}

function slotStates(
  site: string,
  role: SlotRole,
  { total, found }: { total: number; found: SlotCount | undefined },
): Figure[] {
  const { taken = 0, resting = 0 } = found ?? {}
  const states = { taken, resting, free: Math.max(0, total - taken - resting) }
  return Object.entries(states).map(([state, value]) => ({ labels: { site, role, state }, value }))
}

export function tokenFigures(tokens: readonly TokenRecord[], at: number): Figure[] {
  const states = ['open', 'used-up', 'expired', 'closed', 'revoked'] as const
  const counts = Map.groupBy(tokens, (token) => tokenState(token, at))
  return states.map((state) => ({ labels: { state }, value: counts.get(state)?.length ?? 0 }))
}

function tokenState({ revoked, closed, expires, used, uses }: TokenRecord, at: number) {
  if (revoked !== null) return 'revoked'
  if (expires <= at) return 'expired'
  if (used >= uses) return 'used-up'
  return closed === null ? 'open' : 'closed'
}

/** How many nodes come by which rung to which hub. */
export function tunnelFigures(healths: readonly JsonObject[]): Figure[] {
  const labels = healths.map(({ hub, rung, state }) => ({
    ...{ hub: `${hub ?? ''}`, rung: `${rung ?? ''}`, state: `${state ?? ''}` },
  }))
  return [...Map.groupBy(labels, (one) => JSON.stringify(one)).values()].flatMap((alike) => {
    const [first] = alike
    return first === undefined ? [] : [{ labels: first, value: alike.length }]
  })
}

/** As each host of the centre sees the ends of its links. */
export function linkFigures(hosts: readonly HostRecord[]): Figure[] {
  return hosts
    .filter(({ revoked }) => revoked === null)
    .flatMap(({ role, name, health }) =>
      (readHostHealth(health)?.links ?? []).map(({ peer, state }) => ({
        labels: { role, host: name, peer },
        value: state === 'up' ? 1 : 0,
      })),
    )
}

/** What hubs say of the limits of sites; of single nodes it would be far too many. */
export function limitFigures(
  uses: readonly UseAtHub[],
): Pick<Figures, 'held' | 'limits' | 'peaks' | 'averages' | 'dropped'> {
  return useFigures(uses, ({ hub, site }) => ({ hub, site }))
}

/** The same of their own. */
export function hubLimitFigures(
  uses: readonly UseOfHub[],
): Pick<Figures, 'hubHeld' | 'hubLimits' | 'hubPeaks' | 'hubAverages' | 'hubDropped'> {
  const { held, limits, peaks, averages, dropped } = useFigures(uses, ({ hub }) => ({ hub }))
  return {
    ...{ hubHeld: held, hubLimits: limits, hubPeaks: peaks },
    ...{ hubAverages: averages, hubDropped: dropped },
  }
}

function useFigures<Use extends UseOfHub | UseAtHub>(
  uses: readonly Use[],
  labelsOf: (use: Use) => Figure['labels'],
) {
  const figures = (key: 'limit' | 'peak' | 'average' | 'dropped'): Figure[] =>
    uses.flatMap((use) =>
      (['rx', 'tx'] as const).flatMap((direction) => {
        const value = use[direction]?.[key]
        return value === undefined ? [] : [{ labels: { ...labelsOf(use), direction }, value }]
      }),
    )
  const held = uses.map((use) => ({ labels: labelsOf(use), value: use.held === undefined ? 0 : 1 }))
  return {
    ...{ held, limits: figures('limit'), peaks: figures('peak') },
    ...{ averages: figures('average'), dropped: figures('dropped') },
  }
}

/** Hubs and service hosts that never acknowledged anything count from when they were made. */
export function hostFigures(
  hosts: readonly HostRecord[],
  { epoch, generation }: Position,
  at: number,
): Pick<Figures, 'behind' | 'silence'> {
  const living = hosts.filter(({ revoked }) => revoked === null)
  const figures = (worth: (host: HostRecord) => number): Figure[] =>
    living.map((host) => ({
      labels: { role: host.role, host: host.name },
      value: Math.max(0, worth(host)),
    }))
  const known = (host: HostRecord) =>
    host.acknowledgedEpoch === epoch ? (host.acknowledgedGeneration ?? 0) : 0
  return {
    behind: figures((host) => generation - known(host)),
    silence: figures(({ acknowledged, created }) => (at - (acknowledged ?? created)) / 1000),
  }
}
