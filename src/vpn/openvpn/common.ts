import { DynfarmError } from '../../errors.ts'
import { tunnelDevice } from '../names.ts'
import { type Option, when } from './config-text.ts'
import { isAtLeast, type OpenvpnVersion } from './version.ts'

/** What both ends of a tunnel are told. */
export interface TunnelEnd {
  name: string
  version: OpenvpnVersion
  proto: 'udp' | 'tcp'
  port: number
  mtu: number
  paths: EndPaths
  /** Who it goes on as once keys are read and sockets open. */
  runAs?: { user: string; group: string }
}

export interface EndPaths {
  /** The authority of the other end. */
  ca: string
  certificate: string
  key: string
  /** tls-crypt-v2, where the tunnel has it. */
  tlsCrypt?: string
  /** tls-crypt: at a hub for old nodes besides, at a node instead. */
  tlsCryptShared?: string
  management: string
}

/**
 * The device, its addresses and every route are made by src/net: OpenVPN only attaches to it, runs no program, and
 * goes on by itself after whatever befalls the network.
 */
export function deviceOptions({ name, mtu, proto, runAs }: TunnelEnd): readonly Option[] {
  return [
    ['errors-to-stderr'],
    ['dev', tunnelDevice(name)],
    ['dev-type', 'tun'],
    ['topology', 'subnet'],
    ['ifconfig-noexec'],
    ['route-noexec'],
    ['script-security', 0],
    ['persist-tun'],
    ['persist-key'],
    ['tun-mtu', mtu],
    // src/net clamps by the MTU that was probed.
    ['mssfix', 0],
    ...bufferOptions(proto),
    ...when(runAs, ['user', runAs?.user ?? ''], ['group', runAs?.group ?? '']),
  ]
}

/**
 * Room for what arrives while OpenVPN, of one thread, is not on a processor: what the kernel drops meanwhile, the
 * connections inside lose, and they slow down. The kernel gives what net.core.rmem_max allows.
 */
function bufferOptions(proto: TunnelEnd['proto']): readonly Option[] {
  return [
    ['txqueuelen', 1000],
    ...when(proto === 'udp', ['sndbuf', BUFFER_BYTES], ['rcvbuf', BUFFER_BYTES], ['fast-io']),
  ]
}

const BUFFER_BYTES = 2 ** 21

export function securityOptions({ version, paths }: TunnelEnd): readonly Option[] {
  const { ca, certificate, key, tlsCrypt, tlsCryptShared } = paths
  if (tlsCrypt !== undefined && !isAtLeast(version, 2, 5)) throw tooOld(version)
  return [
    ['ca', ca],
    ['cert', certificate],
    ['key', key],
    ...when(tlsCrypt, ['tls-crypt-v2', tlsCrypt ?? '']),
    ...when(tlsCryptShared, ['tls-crypt', tlsCryptShared ?? '']),
    ['tls-version-min', '1.2'],
    ...cipherOptions(version),
    ['auth-nocache'],
  ]
}

/** Each version is told what it knows: an unknown option ends it. */
function cipherOptions(version: OpenvpnVersion): readonly Option[] {
  const modern = isAtLeast(version, 2, 5)
  return [
    ...when(modern, ['data-ciphers', 'AES-256-GCM:CHACHA20-POLY1305']),
    ...when(!modern, ['ncp-ciphers', 'AES-256-GCM']),
    ...when(!isAtLeast(version, 2, 6), ['cipher', 'AES-256-GCM']),
    ...when(modern, ['allow-compression', 'no']),
    ...when(isAtLeast(version, 2, 6), ['disable-dco']),
  ]
}

/** One who asks by this socket is told of clients, states and the last messages; nobody has to listen. */
export function managementOptions({ paths }: TunnelEnd): readonly Option[] {
  return [
    ['management', paths.management, 'unix'],
    ['management-log-cache', 100],
    ['suppress-timestamps'],
  ]
}

function tooOld({ major, minor }: OpenvpnVersion): DynfarmError {
  return new DynfarmError(
    'openvpn-too-old',
    `OpenVPN "${major}.${minor}" does not know tls-crypt-v2, which this tunnel has`,
  )
}
