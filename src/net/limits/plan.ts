import type { CommandStep } from '../../plan/step.ts'
import { planDevices } from '../devices.ts'
import { deviceName } from '../names.ts'
import type { ObservedNetwork, ShapingDevice } from '../network.ts'
import { type Lead, redirects } from './filters.ts'
import {
  allSiteLimits,
  type HubLimit,
  type Limits,
  type ObservedEnds,
  type ObservedFilter,
  type ObservedLimits,
  preference,
  type SiteLimit,
} from './limits.ts'
import { difference } from './lines.ts'
import { planHubTree, planSiteTree, type TreePlan } from './tree.ts'

export interface LimitsPlan {
  /** Which all sites wait for. */
  hub: PartPlan
  /** Each site by itself, so that the trouble of one is not the others'. */
  sites: SitePlan[]
  /** What is no longer wanted. */
  removing: CommandStep[]
  trees: Trees
}

/** Where the tree of each site is, and the class of each node there by its first address. */
export type Trees = ReadonlyMap<SiteLimit, Pick<TreePlan, 'major' | 'ids'>>

export interface PartPlan {
  steps: CommandStep[]
  /** Why nothing can be done for it. */
  blocked?: string
}

export interface SitePlan extends PartPlan {
  site: string
}

/**
 * The trees stand before anything leads into them, and what leads into a tree goes before the tree does. A line for each
 * node that came or went; nothing else of a tree is touched.
 */
export function planLimits(
  wanted: Limits,
  observed: ObservedLimits,
  network: ObservedNetwork,
): LimitsPlan {
  const hubs = new Map(
    wanted.hub.map((limit) => [limit, planHubTree(limit, observed.trees.get(limit.device))]),
  )
  const trees = new Map([
    ...wanted.sites.map((limit) => {
      return [limit, planSiteTree(limit, observed.trees.get(limit.device))] as const
    }),
    ...[...hubs.values()].flatMap(({ inner }) => [...inner]),
  ])
  const scene = { tunnels: wanted.tunnels, observed, network }
  const hub = [...hubs].map(([limit, { adding }]) => ({ ...limit, networks: anywhere, adding }))
  const sites = Map.groupBy(allSiteLimits(wanted), ({ site }) => site)
  return {
    hub: planPart('limits of the hub', { leads: hub, inside: [] }, scene),
    sites: [...sites].map(([site, limits]) => {
      const linesOf = (limit: SiteLimit) => trees.get(limit)?.adding ?? []
      const own = limits.filter((limit) => wanted.sites.includes(limit))
      const leads = own.map((limit) => ({ ...limit, adding: linesOf(limit) }))
      const inside = limits.filter((limit) => !own.includes(limit)).flatMap(linesOf)
      return { site, ...planPart(`limits of site ${site}`, { leads, inside }, scene) }
    }),
    removing: planRemoval(wanted, { trees: [...trees.values(), ...hubs.values()], ...scene }),
    trees,
  }
}

/** All that comes and goes by the tunnels, whosever it is. */
const anywhere = ['0.0.0.0/0', '::/0']

interface Scene {
  tunnels: readonly string[]
  observed: ObservedLimits
  network: ObservedNetwork
}

interface Part {
  /** Trees with a device of their own. */
  leads: readonly (Lead & { adding: readonly string[] })[]
  /** Lines for the trees in those of the hub. */
  inside: readonly string[]
}

function planPart(
  reason: string,
  { leads, inside }: Part,
  { tunnels, observed, network }: Scene,
): PartPlan {
  const taken = leads.find(({ device }) => network.foreign.devices.has(device))
  if (taken !== undefined) return { steps: [], blocked: foreignDevice(taken) }
  const lines = [
    ...leads.flatMap(({ adding }) => adding),
    ...inside,
    ...tunnels.flatMap((name) => leadIn(name, leads, observed.tunnels.get(name))),
  ]
  const devices = planDevices(leads.map(shapingDevice), network).adding
  return { steps: [...devices, ...batch(reason, lines)] }
}

function foreignDevice({ device }: Lead): string {
  return `a device "${device}" is there that dynfarm did not make`
}

function shapingDevice({ device }: Pick<Lead, 'device'>): ShapingDevice {
  return { kind: 'ifb', name: device, mtu: 1500 }
}

interface Left extends Scene {
  trees: readonly TreePlan[]
}

function planRemoval(wanted: Limits, { trees, observed, network }: Left): CommandStep[] {
  const ends = [...observed.tunnels].flatMap(([name, found]) => leadOut(name, wanted, found))
  const inside = trees.flatMap(({ removing }) => removing)
  const shaping = network.devices.filter(({ kind }) => kind === 'ifb')
  const standing = leadsOf(wanted).map(shapingDevice)
  const devices = planDevices(standing, { ...network, devices: shaping })
  return [...batch('remove limits no longer wanted', [...ends, ...inside]), ...devices.removing]
}

function leadsOf({ sites, hub }: Pick<Limits, 'sites' | 'hub'>): Lead[] {
  return [...sites, ...hub.map((limit: HubLimit) => ({ ...limit, networks: anywhere }))]
}

function batch(reason: string, lines: readonly string[]): CommandStep[] {
  if (lines.length === 0) return []
  const input = lines.map((line) => `${line}\n`).join('')
  return [{ kind: 'command', reason, argv: ['tc', '-batch', '-'], input }]
}

const ends = ['ingress', 'egress'] as const
const towards = { ingress: 'centre', egress: 'nodes' } as const

function redirectsAt(end: (typeof ends)[number], limits: readonly Lead[], tunnel: string) {
  return limits
    .filter((limit) => limit.towards === towards[end])
    .flatMap((limit) => redirects(limit, tunnel))
}

/** The place for filters is asked for by each that needs it: whichever comes first makes it. */
function leadIn(
  name: string,
  limits: readonly Lead[],
  observed: ObservedEnds | undefined,
): string[] {
  const lines = ends.flatMap((end) => {
    const there = new Set(observed?.[end].map(({ key }) => key))
    return redirectsAt(end, limits, name).flatMap(({ key, line }) => (there.has(key) ? [] : [line]))
  })
  const place = `qdisc replace dev ${deviceName(name)} clsact`
  return lines.length > 0 && observed === undefined ? [place, ...lines] : lines
}

function leadOut(name: string, wanted: Limits, observed: ObservedEnds): string[] {
  const dev = deviceName(name)
  const limits = wanted.tunnels.includes(name) ? leadsOf(wanted) : []
  const removing = ends.flatMap((end) => {
    const wanted = redirectsAt(end, limits, name)
    return difference(wanted, ours(observed[end]), `dev ${dev} ${end}`).removing
  })
  const goes = limits.length === 0 && removing.length > 0 && !hasForeign(observed)
  return goes ? [`qdisc del dev ${dev} clsact`] : removing
}

function ours(filters: readonly ObservedFilter[]): ObservedFilter[] {
  const own: readonly number[] = Object.values(preference).flatMap((one) => Object.values(one))
  return filters.filter(({ pref }) => own.includes(pref))
}

function hasForeign(observed: ObservedEnds): boolean {
  return ends.some((end) => ours(observed[end]).length < observed[end].length)
}
