import { familyOf } from '../../address.ts'
import { deviceOptions, managementOptions, securityOptions, type TunnelEnd } from './common.ts'
import { type Option, renderConfig, when } from './config-text.ts'

/** The node's end. */
export interface ClientTunnel extends TunnelEnd {
  /** Where to dial, in this order; of either family. */
  addresses: readonly string[]
  /**
   * The id of the hub's certificate: being one of the hubs' authority is not enough. It is never given to another holder
   * or key, and goes on to the certificates that renew this one.
   */
  hub: string
  proxy?: Proxy
}

export interface Proxy {
  host: string
  port: number
  /** A file with the user and the password, a line each. */
  credentials?: string
}

export function renderClientConfig(tunnel: ClientTunnel): string {
  if (tunnel.proxy !== undefined && tunnel.proto === 'udp')
    throw new Error('an HTTP proxy passes no udp')
  return renderConfig([
    ['tls-client'],
    ['pull'],
    ...deviceOptions(tunnel),
    ...remoteOptions(tunnel),
    ...securityOptions(tunnel),
    ...pinOptions(tunnel),
    ...pushedOptions,
    ...persistenceOptions,
    ...managementOptions(tunnel),
    ['verb', 3],
  ])
}

function remoteOptions({ addresses, port, proto, proxy }: ClientTunnel): readonly Option[] {
  const remotes = proxy === undefined ? [...new Set(addresses)] : throughProxy(addresses)
  if (remotes.length === 0) throw new Error('a tunnel without an address to dial')
  return [
    ['nobind'],
    ['proto', proto === 'udp' ? 'udp' : 'tcp-client'],
    ...remotes.map(
      (address): Option => ['remote', address, port, protocolTo(address, proto, proxy)],
    ),
    ...when(proxy, proxyOption(proxy)),
    ...when(proto === 'tcp', ['socket-flags', 'TCP_NODELAY']),
    ...when(proto === 'udp', ['explicit-exit-notify', 1]),
  ]
}

/** OpenVPN asks a proxy for an IPv6 address without the brackets that it takes. */
function throughProxy(addresses: readonly string[]): string[] {
  return [...new Set(addresses.filter((address) => familyOf(address) === 'ipv4'))]
}

/** To a proxy by whatever family it has. */
function protocolTo(address: string, proto: 'udp' | 'tcp', proxy: Proxy | undefined): string {
  if (proxy !== undefined) return 'tcp-client'
  const version = familyOf(address) === 'ipv4' ? 4 : 6
  return proto === 'udp' ? `udp${version}` : `tcp${version}-client`
}

function proxyOption(proxy: Proxy | undefined): Option {
  const { host = '', port = 0, credentials } = proxy ?? {}
  return ['http-proxy', host, port, ...(credentials === undefined ? [] : [credentials, 'basic'])]
}

/** Its common name. A fingerprint would be of one certificate, and end with it. */
function pinOptions({ hub }: ClientTunnel): readonly Option[] {
  return [
    ['remote-cert-tls', 'server'],
    ['verify-x509-name', certificateId(hub), 'name'],
  ]
}

/** Only what the data channel needs is heard; routes, resolvers and addresses are never the hub's to push. */
const pushedOptions: readonly Option[] = [
  ['route-nopull'],
  ['pull-filter', 'accept', 'peer-id '],
  ['pull-filter', 'accept', 'cipher '],
  ['pull-filter', 'accept', 'protocol-flags '],
  ['pull-filter', 'accept', 'key-derivation '],
  ['pull-filter', 'ignore', ''],
]

/**
 * A hub that restarted, a NAT that forgot, an address that changed: less than 60 s to the next try that can succeed. Silence is
 * noticed after 30 s (a session that the hub ended without a word looks the same), a hub that does not answer is left
 * after 8, and pauses never grow. A refusal is no end either: the hub may not have heard of this node yet.
 */
const persistenceOptions: readonly Option[] = [
  ['ping', 8],
  ['ping-restart', 30],
  ['connect-retry', 1, 3],
  ['server-poll-timeout', 8],
  ['hand-window', 20],
  ['auth-retry', 'nointeract'],
]

function certificateId(id: string): string {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new Error(`not the id of a certificate: "${id}"`)
  return id
}
