import type { Network } from '../../net/network.ts'
import { hubFirewall } from './firewall.ts'
import { linkEnds } from './links.ts'
import { hubAddresses, hubRoutes, hubRules, hubSettings } from './routing.ts'
import type { HubState } from './state.ts'

/**
 * All that a hub's network should be. Routing and firewall each keep nodes to their services alone, so that either
 * one does when the other has a hole.
 */
export function hubNetwork(state: HubState): Network {
  const links = linkEnds(state)
  return {
    devices: [...links.map(({ device }) => device), ...state.tunnels],
    addresses: hubAddresses(state, links),
    routes: hubRoutes(state, links),
    rules: hubRules(state, links),
    settings: hubSettings(state, links),
    firewall: hubFirewall(state, links),
  }
}
