import { familyOf } from '../../address.ts'
import type { Tools } from '../../client/observe-tools.ts'
import { DynfarmError } from '../../errors.ts'
import { TUNNEL_MTU } from '../../net/link.ts'
import type { Device, ObservedDevice } from '../../net/network.ts'
import type { CentreConfig } from '../../protocol/schema/centre-config.ts'
import { type TunnelPaths, tunnelDevice, tunnelPaths } from '../../vpn/names.ts'
import type { TunnelClient } from '../../vpn/openvpn/clients.ts'
import { renderServerConfig } from '../../vpn/openvpn/server-config.ts'
import type { OpenvpnPlace, OpenvpnProcess } from '../../vpn/process/openvpn.ts'
import type { WireguardPeer, WireguardTunnel } from '../../vpn/wireguard/wireguard.ts'
import type { HubIdentity } from '../identity.ts'
import type { LiveNode } from '../roster.ts'

export type HubTunnel = CentreConfig['tunnels'][number]

/** Not below /run/dynfarm, which is the server's: its user could replace what is in there, and it goes when that stops. */
export const runFolder = '/run/dynfarm-hub'

/** As many as there are addresses in the largest of farms; another number would restart every tunnel. */
const maxClients = 16_384

/** Its device is src/net's to make, and stays what it was when it is there. */
export function deviceOf(
  { name, kind }: HubTunnel,
  tools: Tools,
  observed: readonly ObservedDevice[],
): Device {
  const device = tunnelDevice(name)
  const now = observed.find((one) => one.name === device)?.kind
  const inKernel = now === 'tun' ? false : now === 'wireguard' || tools.hasKernelWireguard
  if (kind === 'wireguard' && inKernel) return { kind: 'wireguard', name: device, mtu: TUNNEL_MTU }
  const user = kind === 'openvpn' ? tools.runAs?.user : undefined
  return { kind: 'tun', name: device, mtu: TUNNEL_MTU, ...(user !== undefined && { user }) }
}

export function pathsOf(name: string): TunnelPaths {
  return tunnelPaths(runFolder, name)
}

export function openvpnPlace(name: string, { supervisor, openvpn }: Tools): OpenvpnPlace {
  const { program } = openvpn ?? missing('openvpn', name)
  return { name, program, supervisor, paths: pathsOf(name) }
}

export function openvpnProcess(
  tunnel: HubTunnel,
  tools: Tools,
  identity: Pick<HubIdentity, 'certificate' | 'nodeAuthority' | 'keyFile'>,
): OpenvpnProcess {
  const { name, proto, port } = tunnel
  const { version } = tools.openvpn ?? missing('openvpn', name)
  const { ca, certificate, management, clients, ...keys } = pathsOf(name)
  const { tlsCrypt } = tunnel
  const portShare = shareOf(tunnel)
  const hasIPv6 = tunnel.addresses.some((address) => familyOf(address) === 'ipv6')
  const config = renderServerConfig({
    ...{ name, version, proto, port, mtu: TUNNEL_MTU, clients, maxClients },
    paths: { ca, certificate, management, key: identity.keyFile, ...(tlsCrypt && keyFiles(keys)) },
    ...(tools.runAs !== undefined && { runAs: tools.runAs }),
    ...(portShare !== undefined && { portShare }),
    ...(hasIPv6 && { hasIPv6 }),
  })
  return {
    ...openvpnPlace(name, tools),
    ...{ end: 'hub', config, ca: identity.nodeAuthority, certificate: identity.certificate },
    ...(tlsCrypt && {
      tlsCrypt: { secret: tlsCrypt.server },
      tlsCryptShared: { secret: tlsCrypt.shared },
    }),
  }
}

function keyFiles({ tlsCrypt, tlsCryptShared }: Pick<TunnelPaths, 'tlsCrypt' | 'tlsCryptShared'>) {
  return { tlsCrypt, tlsCryptShared }
}

export function clientsOf(nodes: readonly LiveNode[]): TunnelClient[] {
  return nodes.flatMap(({ certificates, addresses }) =>
    certificates.map((certificate) => ({ certificate, addresses })),
  )
}

export function wireguardTunnel(
  { name, port }: HubTunnel,
  { wireguard, wireguardKeyFile }: Pick<HubIdentity, 'wireguard' | 'wireguardKeyFile'>,
  nodes: readonly LiveNode[],
): WireguardTunnel {
  return {
    device: tunnelDevice(name),
    publicKey: wireguard.public,
    privateKeyFile: wireguardKeyFile,
    port,
    peers: nodes.flatMap(({ wireguardKey, addresses }): WireguardPeer[] =>
      wireguardKey === undefined || wireguardKey === wireguard.public
        ? []
        : [{ publicKey: wireguardKey, addresses }],
    ),
  }
}

/** 127.0.0.1:8443 or [::1]:8443 */
function shareOf({ proto, 'port-share': share = '' }: HubTunnel) {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(share) ?? []
  if (proto !== 'tcp' || host === undefined || port === undefined) return undefined
  return { host, port: Number(port) }
}

export function missing(program: string, tunnel: string): never {
  throw new DynfarmError(
    'program-missing',
    `program "${program}" is not installed, which tunnel "${tunnel}" needs`,
  )
}
