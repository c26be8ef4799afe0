import type { Network } from '../net/network.ts'
import { planFirewall } from '../net/nft/plan.ts'
import { renderFirewall } from '../net/nft/ruleset.ts'
import type { Step } from '../plan/step.ts'
import { planClients } from '../vpn/openvpn/clients.ts'
import { planWireguard } from '../vpn/wireguard/plan.ts'
import type { HubIdentity } from './identity.ts'
import { hubLimits } from './network/limits.ts'
import type { HubState } from './network/state.ts'
import { hubNetwork } from './network/wanted.ts'
import type { LiveNode } from './roster.ts'
import { clientsOf, type HubTunnel, pathsOf, wireguardTunnel } from './tunnels/wanted.ts'

/**
 * What lets in nodes that came, where all else is in force: so many plans that need not wait for one another.
 * undefined when more of the network follows from them than names in the firewall's sets.
 */
export function planAdmission(
  comers: readonly LiveNode[],
  { state, identity }: { state: HubState; identity: HubIdentity },
): Step[][] | undefined {
  const [without, by] = [[], comers].map((nodes) => hubNetwork({ ...state, nodes }))
  const limits = [[], comers].map((nodes) => JSON.stringify(hubLimits({ ...state, nodes })))
  if (without?.firewall === undefined || by?.firewall === undefined) return undefined
  if (limits[0] !== limits[1] || frameOf(without) !== frameOf(by)) return undefined
  const { closing } = planFirewall(by.firewall, renderFirewall(without.firewall))
  const tunnels = state.config.tunnels.map((tunnel) => planComing(tunnel, identity, comers))
  return [closing, ...tunnels].filter((steps) => steps.length > 0)
}

/** All but the names in the firewall's sets. */
function frameOf({ firewall, ...rest }: Network): string {
  const sets = firewall?.sets.map(({ elements: _, ...set }) => set)
  return JSON.stringify({ ...rest, sets, chains: firewall?.chains })
}

function planComing(tunnel: HubTunnel, identity: HubIdentity, comers: readonly LiveNode[]): Step[] {
  if (tunnel.kind === 'openvpn')
    return planClients(pathsOf(tunnel.name).clients, clientsOf(comers), new Map()).adding
  const { publicKey, port = 0, ...wanted } = wireguardTunnel(tunnel, identity, comers)
  const present = { publicKey, port, peers: new Map() }
  return planWireguard({ ...wanted, publicKey, port }, present)
}
