import type { Device } from '../../net/network.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'

export type ServiceUse = CentreConfig['services'][number]
export type SiteRules = CentreConfig['sites'][number]

/** All that a hub's network follows from. */
export interface HubState {
  /** The hub's own name. */
  hub: string
  config: CentreConfig
  /** Every node that lives and was not revoked. */
  nodes: readonly HubNode[]
  /** The device of each tunnel that ends here. */
  tunnels: readonly Device[]
  /** Where a node's packets come in and go out, by the node's id; a node that is away has none. */
  seats: ReadonlyMap<string, Seat>
  /** Nodes that are at another hub, by their id: which one, and how large their packets may be. */
  elsewhere?: ReadonlyMap<string, Elsewhere>
  /** How the hub itself reaches the addresses of routed services. */
  ways: ReadonlyMap<string, Way>
  closed: Closed
}

/** Where the host forwarded nothing before dynfarm came: IPv4 device by device, IPv6 as a whole. */
export interface Closed {
  ipv4: readonly string[]
  ipv6: boolean
}

export interface HubNode {
  id: string
  site: string
  class: string | null
  addresses: readonly string[]
  /** Nobody but the hub reaches it, and it reaches nobody. */
  quarantined: boolean
}

export interface Seat {
  device: string
  /** As probed by the node. */
  mtu?: number
}

export interface Elsewhere {
  hub: string
  mtu?: number
}

export interface Way {
  device: string
  via?: string
}
