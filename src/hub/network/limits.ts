import { hubDevice, type Limits, limitDevice, type SiteLimit } from '../../net/limits/limits.ts'
import { parseRate } from '../../profile/quantity.ts'
import type { HubState, SiteRules } from './state.ts'

/** At this hub, whose tunnels are all of the site's that it can see. Nodes that are away keep their classes. */
export function hubLimits(state: HubState): Limits {
  const directions = (['rx', 'tx'] as const).map((direction) => limitsOf(state, direction))
  const sites = directions.flatMap((one) => one.sites)
  const hub = directions.flatMap((one) => one.hub)
  const isLimited = sites.length + hub.length > 0
  return { tunnels: isLimited ? state.tunnels.map(({ name }) => name) : [], sites, hub }
}

const towards = { rx: 'nodes', tx: 'centre' } as const
type Direction = keyof typeof towards

/** Where the hub has a limit, each site is below it, with its own or without. */
function limitsOf(state: HubState, direction: Direction): Pick<Limits, 'sites' | 'hub'> {
  const { config, nodes } = state
  const members = Map.groupBy(nodes, ({ site }) => site)
  const limitOf = (rules: SiteRules, rate: number, device: string): SiteLimit => ({
    ...{ site: rules.site, device, towards: towards[direction], rate },
    networks: [...rules.nodes, ...rules.jobs],
    nodes: (members.get(rules.site) ?? []).map(({ addresses }) => addresses),
  })
  const most = rateOf(config.hubs.find(({ name }) => name === state.hub)?.[direction])
  if (most === undefined)
    return {
      hub: [],
      sites: config.sites.flatMap((rules) => {
        const rate = rateOf(rules[direction])
        return rate === undefined ? [] : [limitOf(rules, rate, limitDevice(direction, rules.site))]
      }),
    }
  const device = hubDevice(direction)
  const sites = config.sites.map((rules) => {
    return limitOf(rules, Math.min(most, rateOf(rules[direction]) ?? most), device)
  })
  return { hub: [{ device, towards: towards[direction], rate: most, sites }], sites: [] }
}

function rateOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseRate(text)
}

/** Nodes of these sites are as in quarantine: what was promised of their traffic cannot be kept. */
export function holdBack(state: HubState, held: ReadonlyMap<string, string>): HubState {
  if (held.size === 0) return state
  const nodes = state.nodes.map((node) =>
    held.has(node.site) ? { ...node, quarantined: true } : node,
  )
  return { ...state, nodes }
}
