import { type Link, peerDevice, TUNNEL_MTU } from '../../net/link.ts'
import type { GreLink, VxlanLink } from '../../net/network.ts'
import { vxlanPort } from './links.ts'
import type { HubState } from './state.ts'

/** This hub's end of the link to another one, by which packets come that arrived at the wrong hub. */
export interface PeerEnd {
  hub: string
  device: GreLink | VxlanLink
  /** The other hub's inner addresses. */
  inner: readonly string[]
}

export function peerEnds({ hub, config }: Pick<HubState, 'hub' | 'config'>): PeerEnd[] {
  const own = config.hubs.find(({ name }) => name === hub)
  if (own === undefined) return []
  return (config.peers ?? []).flatMap((peer) => {
    const other = config.hubs.find(({ name }) => name === peer.hub)
    if (other === undefined) return []
    const link: Link = {
      kind: peer.kind,
      hub: { name: hub, addresses: own.local, inner: own.inner },
      service: { name: other.name, addresses: other.local },
      ...{ host: 0, key: peer.key, port: vxlanPort },
      ...{ pathMtu: 1500, tunnelMtu: TUNNEL_MTU },
    }
    return [{ hub: other.name, device: peerDevice(link), inner: other.inner }]
  })
}
