import type { CommandStep } from '../../plan/step.ts'
import { planDevices } from '../devices.ts'
import { deviceName } from '../names.ts'
import type { ObservedNetwork, ShapingDevice } from '../network.ts'
import { redirects } from './filters.ts'
import {
  type Limits,
  type ObservedEnds,
  type ObservedFilter,
  type ObservedLimits,
  preference,
  type SiteLimit,
} from './limits.ts'
import { difference, planTree, type TreePlan } from './tree.ts'

export interface LimitsPlan {
  /** Each site by itself, so that the trouble of one is not the others'. */
  sites: SitePlan[]
  /** What is no longer wanted. */
  removing: CommandStep[]
  /** The class of each node by its first address, by device. */
  classes: ReadonlyMap<string, ReadonlyMap<string, number>>
}

export interface SitePlan {
  site: string
  steps: CommandStep[]
  /** Why nothing can be done for it. */
  blocked?: string
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
  const trees = new Map(
    wanted.sites.map((limit) => [limit, planTree(limit, observed.trees.get(limit.device))]),
  )
  const sites = [...Map.groupBy(wanted.sites, ({ site }) => site)]
  return {
    sites: sites.map(([site, limits]) => {
      const taken = limits.find(({ device }) => network.foreign.devices.has(device))
      if (taken !== undefined) return { site, steps: [], blocked: foreignDevice(taken) }
      const lines = [
        ...limits.flatMap((limit) => trees.get(limit)?.adding ?? []),
        ...wanted.tunnels.flatMap((name) => leadIn(name, limits, observed.tunnels.get(name))),
      ]
      const devices = planDevices(limits.map(shapingDevice), network).adding
      return { site, steps: [...devices, ...batch(`limits of site ${site}`, lines)] }
    }),
    removing: planRemoval(wanted, { trees: [...trees.values()], observed, network }),
    classes: new Map([...trees].map(([{ device }, { ids }]) => [device, ids])),
  }
}

function foreignDevice({ device }: SiteLimit): string {
  return `a device "${device}" is there that dynfarm did not make`
}

function shapingDevice({ device }: SiteLimit): ShapingDevice {
  return { kind: 'ifb', name: device, mtu: 1500 }
}

interface Left {
  trees: readonly TreePlan[]
  observed: ObservedLimits
  network: ObservedNetwork
}

function planRemoval(wanted: Limits, { trees, observed, network }: Left): CommandStep[] {
  const ends = [...observed.tunnels].flatMap(([name, found]) => leadOut(name, wanted, found))
  const inside = trees.flatMap(({ removing }) => removing)
  const shaping = network.devices.filter(({ kind }) => kind === 'ifb')
  const devices = planDevices(wanted.sites.map(shapingDevice), { ...network, devices: shaping })
  return [...batch('remove limits no longer wanted', [...ends, ...inside]), ...devices.removing]
}

function batch(reason: string, lines: readonly string[]): CommandStep[] {
  if (lines.length === 0) return []
  const input = lines.map((line) => `${line}\n`).join('')
  return [{ kind: 'command', reason, argv: ['tc', '-batch', '-'], input }]
}

const ends = ['ingress', 'egress'] as const
const towards = { ingress: 'centre', egress: 'nodes' } as const

function redirectsAt(end: (typeof ends)[number], limits: readonly SiteLimit[], tunnel: string) {
  return limits
    .filter((limit) => limit.towards === towards[end])
    .flatMap((limit) => redirects(limit, tunnel))
}

/** The place for filters is asked for by each site that needs it: whichever comes first makes it. */
function leadIn(
  name: string,
  limits: readonly SiteLimit[],
  observed: ObservedEnds | undefined,
): string[] {
  const lines = ends.flatMap((end) => {
    const there = new Set(observed?.[end].map(({ key }) => key))
    return redirectsAt(end, limits, name).flatMap(({ key, line }) => (there.has(key) ? [] : [line]))
  })
  const place = `qdisc replace dev ${deviceName(name)} clsact`
  return lines.length > 0 && observed === undefined ? [place, ...lines] : lines
}

function leadOut(name: string, { tunnels, sites }: Limits, observed: ObservedEnds): string[] {
  const dev = deviceName(name)
  const limits = tunnels.includes(name) ? sites : []
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
