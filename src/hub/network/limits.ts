import { type Limits, limitDevice, type SiteLimit } from '../../net/limits/limits.ts'
import { parseRate } from '../../profile/quantity.ts'
import type { HubState } from './state.ts'

/** At this hub, whose tunnels are all of the site's that it can see. Nodes that are away keep their classes. */
export function hubLimits(state: HubState): Limits {
  const sites = siteLimits(state)
  return { tunnels: sites.length === 0 ? [] : state.tunnels.map(({ name }) => name), sites }
}

const towards = { rx: 'nodes', tx: 'centre' } as const

function siteLimits({ config, nodes }: Pick<HubState, 'config' | 'nodes'>): SiteLimit[] {
  const members = Map.groupBy(nodes, ({ site }) => site)
  return config.sites.flatMap((rules) =>
    (['rx', 'tx'] as const).flatMap((direction): SiteLimit[] => {
      const rate = rules[direction] === undefined ? undefined : parseRate(rules[direction])
      if (rate === undefined) return []
      return [
        {
          site: rules.site,
          device: limitDevice(direction, rules.site),
          towards: towards[direction],
          rate,
          networks: [...rules.nodes, ...rules.jobs],
          nodes: (members.get(rules.site) ?? []).map(({ addresses }) => addresses),
        },
      ]
    }),
  )
}

/** Nodes of these sites are as in quarantine: what was promised of their traffic cannot be kept. */
export function holdBack(state: HubState, held: ReadonlyMap<string, string>): HubState {
  if (held.size === 0) return state
  const nodes = state.nodes.map((node) =>
    held.has(node.site) ? { ...node, quarantined: true } : node,
  )
  return { ...state, nodes }
}
