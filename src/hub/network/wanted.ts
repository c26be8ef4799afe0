import type { Network } from '../../net/network.ts'
import { hubFirewall } from './firewall.ts'
import { linkEnds } from './links.ts'
import { peerEnds } from './peers.ts'
import { hubAddresses, hubRoutes, hubRules, hubSettings } from './routing.ts'
import type { HubState } from './state.ts'

/**
 * All that a hub's network should be. Routing and firewall each keep nodes to their services alone, so that either
 * one does when the other has a hole.
 */
export function hubNetwork(state: HubState): Network {
  const links = linkEnds(state)
  const peers = peerEnds(state)
  const ends = [...links, ...peers].map(({ device }) => device)
  return {
    devices: [...ends, ...state.tunnels],
    addresses: hubAddresses(state, ends),
    routes: hubRoutes(state, { links, peers }),
    rules: hubRules(state, { links, peers }),
    settings: hubSettings(state, ends),
    firewall: hubFirewall(state, links, peers),
  }
}
