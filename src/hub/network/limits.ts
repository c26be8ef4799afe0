import { type Limits, limitDevice, type SiteLimit } from '../../net/limits/limits.ts'
import type { ShapingDevice } from '../../net/network.ts'
import { parseRate } from '../../profile/quantity.ts'
import type { HubState } from './state.ts'

/** At this hub, whose tunnels are all of the site's that it can see. Nodes that are away keep their classes. */
export function hubLimits(state: HubState): Limits {
  const sites = siteLimits(state)
  return { tunnels: sites.length === 0 ? [] : state.tunnels.map(({ name }) => name), sites }
}

export function limitDevices({ config }: Pick<HubState, 'config'>): ShapingDevice[] {
  return siteLimits({ config, nodes: [] }).map(({ device }) => ({
    ...{ kind: 'ifb', name: device, mtu: 1500 },
  }))
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
