import { deviceOptions, managementOptions, securityOptions, type TunnelEnd } from './common.ts'
import { type Option, renderConfig, when } from './config-text.ts'
import { isAtLeast } from './version.ts'

/** The hub's end. */
export interface ServerTunnel extends TunnelEnd {
  /** A file for each live certificate, read at each connection by the user it runs as. */
  clients: string
  maxClients: number
  /** Whether nodes dial an IPv6 address of it. */
  hasIPv6?: boolean
  /** Where a tcp tunnel passes on what is not OpenVPN. */
  portShare?: { host: string; port: number }
}

/**
 * Any change here wants a restart; the files of the clients alone are read live.
 *
 * Who may connect: a certificate of the authority in `ca`, which must be the nodes' alone, made for clients, whose id
 * (its common name) has a file. OpenVPN cannot check the role in the subject: with one authority a role, and the
 * files made from the list of live certificates, it need not.
 */
export function renderServerConfig(tunnel: ServerTunnel): string {
  if (tunnel.portShare !== undefined && tunnel.proto === 'udp')
    throw new Error('only a tcp tunnel shares its port')
  return renderConfig([
    ['mode', 'server'],
    ['tls-server'],
    ['dh', 'none'],
    ...deviceOptions(tunnel),
    ...listenOptions(tunnel),
    ...securityOptions(tunnel),
    ['verify-client-cert', 'require'],
    ['remote-cert-tls', 'client'],
    ['client-config-dir', tunnel.clients],
    ['ccd-exclusive'],
    ...limitOptions(tunnel),
    ['ping', 8],
    ['ping-restart', 60],
    ...managementOptions(tunnel),
    ['verb', 2],
  ])
}

/** Answers come from the address that was dialled, however many the hub has. */
function listenOptions(tunnel: ServerTunnel): readonly Option[] {
  const { proto, port, portShare, hasIPv6 = false } = tunnel
  const six = hasIPv6 ? '6' : ''
  return [
    // With the 6 it listens on both families, without it on IPv4 alone.
    ['proto', proto === 'udp' ? `udp${six}` : `tcp${six}-server`],
    ['port', port],
    ...when(proto === 'udp', ['multihome'], ['explicit-exit-notify', 1]),
    ...when(proto === 'tcp', ['tcp-nodelay']),
    ...when(portShare, ['port-share', portShare?.host ?? '', portShare?.port ?? 0]),
  ]
}

/** All nodes may come at once, after a power cut, and all of a site from one address. */
function limitOptions({ version, maxClients, proto }: ServerTunnel): readonly Option[] {
  const burst = Math.max(1000, maxClients)
  return [
    ['max-clients', maxClients],
    ['hash-size', 4096, 4096],
    ...when(proto === 'udp', ['connect-freq', burst, 10]),
    ...when(proto === 'udp' && isAtLeast(version, 2, 6), ['connect-freq-initial', burst, 10]),
  ]
}
