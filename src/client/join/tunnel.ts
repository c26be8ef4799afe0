import { familyOf } from '../../address.ts'
import { DynfarmError } from '../../errors.ts'
import { TUNNEL_MTU } from '../../net/link.ts'
import type { Device } from '../../net/network.ts'
import { readPem } from '../../pki/check-certificate.ts'
import { tunnelDevice, tunnelPaths } from '../../vpn/names.ts'
import { type ClientTunnel, renderClientConfig } from '../../vpn/openvpn/client-config.ts'
import { isAtLeast, type OpenvpnVersion } from '../../vpn/openvpn/version.ts'
import type { OpenvpnProcess } from '../../vpn/process/openvpn.ts'
import type { WireguardGo } from '../../vpn/process/wireguard-go.ts'
import type { WireguardTunnel } from '../../vpn/wireguard/wireguard.ts'
import type { Secrets } from '../enrol.ts'
import type { Tools } from '../observe-tools.ts'
import { parseProxyUrl } from '../requests/target.ts'
import { type NodeAnswer, type Reach, type RungEnd, reachOf } from './reach.ts'
import type { NodePaths } from './state.ts'

/** Where a node's tunnels have their files; nothing here outlives a boot. */
export const runFolder = '/run/dynfarm/node'
/** Innermost first: the outer one may have something else in it. */
export const runFolders = [runFolder, '/run/dynfarm'] as const

/** All that decides what a rung is like on this machine. */
export interface Setting {
  answer: NodeAnswer
  secrets: Secrets
  paths: NodePaths
  tools: Tools
  proxy: string | undefined
  /** The command that joins again when no hub answers any more. */
  rejoin: readonly string[]
}

export type Tunnel =
  | { kind: 'openvpn'; device: Device & { mtu: number }; process: OpenvpnProcess }
  | {
      kind: 'wireguard'
      device: Device & { mtu: number }
      tunnel: WireguardTunnel
      process?: WireguardGo
    }

/** One rung as it should be, of packets no larger than `mtu`. */
export function tunnelOf(end: RungEnd, mtu: number, setting: Setting): Tunnel {
  return end.kind === 'openvpn'
    ? openvpnTunnel(end, mtu, setting)
    : wireguardTunnel(end, mtu, setting)
}

function openvpnTunnel(end: RungEnd, mtu: number, setting: Setting): Tunnel {
  const { answer, tools } = setting
  const { openvpn, supervisor, runAs } = tools
  if (openvpn === undefined) throw missing('openvpn', end)
  const { name } = end
  const paths = tunnelPaths(runFolder, name)
  const process: OpenvpnProcess = {
    ...{ name, supervisor, paths, end: 'node', program: openvpn.program },
    config: openvpnConfig(end, { ...setting, version: openvpn.version }),
    ca: answer.authorities.hub ?? '',
    certificate: answer.certificate,
    ...tlsCryptOf(end, openvpn.version),
  }
  const user = runAs === undefined ? {} : { user: runAs.user }
  return {
    kind: 'openvpn',
    process,
    device: { kind: 'tun', name: tunnelDevice(name), mtu, ...user },
  }
}

/** One of its own where OpenVPN knows such keys. */
function tlsCryptOf(
  { tlsCrypt, tlsCryptShared }: RungEnd,
  version: OpenvpnVersion,
): Pick<OpenvpnProcess, 'tlsCrypt' | 'tlsCryptShared'> {
  if (tlsCrypt === null) return {}
  if (isAtLeast(version, 2, 5) || tlsCryptShared === undefined)
    return { tlsCrypt: { secret: tlsCrypt } }
  return { tlsCryptShared: { secret: tlsCryptShared } }
}

function openvpnConfig(
  end: RungEnd,
  { answer, tools, paths: keys, proxy, version }: Setting & { version: OpenvpnVersion },
): string {
  const { name, proto, port, addresses } = end
  const { ca, certificate, management, ...secrets } = tunnelPaths(runFolder, name)
  const files = { ca, certificate, management, key: keys.key }
  const has = tlsCryptOf(end, version)
  const between = proto === 'tcp' && proxy !== undefined ? proxyOf(proxy) : undefined
  return renderClientConfig({
    // The device has the MTU that was probed; another one here would restart the tunnel.
    ...{ name, version, proto, port, addresses, mtu: TUNNEL_MTU },
    paths: {
      ...files,
      ...(has.tlsCrypt && { tlsCrypt: secrets.tlsCrypt }),
      ...(has.tlsCryptShared && { tlsCryptShared: secrets.tlsCryptShared }),
    },
    hub: readPem(hubOf(answer, end).certificate).id,
    ...(tools.runAs !== undefined && { runAs: tools.runAs }),
    ...(between !== undefined && { proxy: between }),
  })
}

function proxyOf(url: string): NonNullable<ClientTunnel['proxy']> {
  const { host, port } = parseProxyUrl(url)
  return { host, port }
}

function wireguardTunnel(end: RungEnd, mtu: number, setting: Setting): Tunnel {
  const { answer, secrets, paths, tools } = setting
  const name = tunnelDevice(end.name)
  const tunnel: WireguardTunnel = {
    ...{ device: name, publicKey: secrets.wireguard.public, privateKeyFile: paths.wireguard },
    peers: [hubPeer(end, answer, reachOf(answer))],
  }
  if (tools.hasKernelWireguard)
    return { kind: 'wireguard', tunnel, device: { kind: 'wireguard', name, mtu } }
  const { wireguardGo, supervisor } = tools
  if (wireguardGo === undefined) throw missing('wireguard-go', end)
  const process = {
    name: end.name,
    supervisor,
    program: wireguardGo,
    tunnel,
    mtu,
    lasting: tunnel.peers,
  }
  return { kind: 'wireguard', tunnel, process, device: { kind: 'tun', name, mtu } }
}

/** Services speak to the node through the hub, so their addresses are the hub's to send from. */
function hubPeer(end: RungEnd, answer: NodeAnswer, { through }: Reach) {
  const { wireguard } = hubOf(answer, end)
  const [address] = end.addresses
  if (wireguard === null || address === undefined)
    throw new DynfarmError('answer-refused', `hub "${end.hub}" has no WireGuard for "${end.name}"`)
  return {
    publicKey: wireguard,
    addresses: through.map(({ to }) => to),
    endpoint: { address, port: end.port },
    keepalive: 25,
  }
}

function hubOf({ hubs }: NodeAnswer, { hub, name }: RungEnd): NodeAnswer['hubs'][number] {
  const found = hubs.find((one) => one.name === hub)
  if (found === undefined) throw new Error(`rung "${name}" leads to no hub`)
  return found
}

function missing(program: string, { name }: RungEnd): DynfarmError {
  const message = `program "${program}" is not installed, which tunnel "${name}" needs`
  return new DynfarmError('program-missing', message)
}

/** Addresses that this machine has a way to, in their order; of one family it may have none. */
export function dialled(end: RungEnd, isReachable: (address: string) => boolean): RungEnd {
  const addresses = end.addresses.filter(isReachable)
  return addresses.length === 0 ? end : { ...end, addresses: ipv4First(addresses) }
}

function ipv4First(addresses: readonly string[]): string[] {
  const of = (family: string) => addresses.filter((address) => familyOf(address) === family)
  return [...of('ipv4'), ...of('ipv6')]
}
