import { parseAddress } from '../../address.ts'
import { type Draft, entriesOf, itemsOf, type Partly } from '../draft.ts'
import type { Finding } from '../finding.ts'
import { centreFile, type Path, type Tunnel } from '../types.ts'

/** What asks more of a hub than one without root can do. */
export function checkRootless({ hubs, tunnels }: Draft['centre']): Finding[] {
  const rootless = new Map(entriesOf(hubs).filter(([, hub]) => hub.rootless === true))
  const ends = entriesOf(tunnels).filter(([, { hub = '' }]) => rootless.has(hub))
  return [
    ...[...rootless].flatMap(([name, hub]) => laterFamily(['hubs', name], name, hub.public)),
    ...ends.flatMap(([name, tunnel]) => {
      const { hub = '' } = tunnel
      return [
        ...wireguard(name, tunnel),
        ...laterFamily(['tunnels', name], hub, tunnel.public),
        ...ownLoopback(name, tunnel),
      ]
    }),
  ]
}

function wireguard(name: string, { kind, hub }: Partly<Tunnel>): Finding[] {
  if (kind !== 'wireguard') return []
  const what = `hub "${hub}" is without root, and ends OpenVPN alone`
  return [
    { file: centreFile, path: ['tunnels', name, 'kind'], what, hint: 'write "kind: openvpn"' },
  ]
}

/** What comes to its host is passed on to it by IPv4. */
function laterFamily(of: Path, hub: string, outer: Partly<Tunnel>['public']): Finding[] {
  return itemsOf<string>(outer).flatMap(([at, text]) => {
    if (parseAddress(text)?.family !== 'ipv6') return []
    const path = [...of, 'public', ...(Array.isArray(outer) ? [at] : [])]
    return [{ file: centreFile, path, what: `hub "${hub}" is without root, and ends IPv4 alone` }]
  })
}

function ownLoopback(name: string, tunnel: Partly<Tunnel>): Finding[] {
  const share = tunnel.kind === 'openvpn' ? (tunnel['port-share'] ?? '') : ''
  if (!/^(127\.|\[::1\]|localhost:)/.test(share)) return []
  const what = `hub "${tunnel.hub}" is without root, and does not reach the loopback of its host`
  return [{ file: centreFile, path: ['tunnels', name, 'port-share'], what }]
}
