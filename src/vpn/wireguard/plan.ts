import { canonicalAddress, canonicalPrefix, familyOf } from '../../address.ts'
import type { Argv, CommandStep, UndoCommand } from '../../plan/step.ts'
import {
  noWireguard,
  type ObservedPeer,
  type ObservedWireguard,
  type WireguardPeer,
  type WireguardTunnel,
  wireguardKey,
} from './wireguard.ts'

/**
 * By difference: whoever is not named in a Step keeps its sessions. New and changed peers come before others go; an address
 * that moves to another key is the new one's from the moment it is given.
 */
export function planWireguard(
  wanted: WireguardTunnel,
  observed: ObservedWireguard = noWireguard,
): CommandStep[] {
  const peers = new Map(wanted.peers.map((peer) => [wireguardKey(peer.publicKey), peer]))
  refuseDoubles(wanted, peers)
  const changed = [...peers.values()].filter((peer) =>
    differs(peer, observed.peers.get(peer.publicKey)),
  )
  const surplus = [...observed.peers.keys()].filter((key) => !peers.has(key))
  return [
    ...planDevice(wanted, observed),
    ...planChanged(wanted.device, changed, observed),
    ...planSurplus(wanted.device, surplus, observed),
  ]
}

/** What a unit runs when its wireguard-go comes anew: all of it, whatever is there. */
export function wireguardCommand(tunnel: WireguardTunnel): Argv {
  return ['wg', 'set', tunnel.device, ...deviceWords(tunnel), ...tunnel.peers.flatMap(peerWords)]
}

/** So many peers in one command: some hundred kilobytes at the most. */
const mostPeers = 500

/** An old key has no undo: it is in no plan, and its tunnel is over. */
function planDevice(wanted: WireguardTunnel, observed: ObservedWireguard): CommandStep[] {
  const samePort = wanted.port === undefined || wanted.port === observed.port
  if (wanted.publicKey === observed.publicKey && samePort) return []
  return [
    {
      kind: 'command',
      reason: 'key and port of a tunnel',
      argv: ['wg', 'set', wanted.device, ...deviceWords(wanted)],
    },
  ]
}

function deviceWords({ privateKeyFile, port }: WireguardTunnel): string[] {
  return [
    ...['private-key', privateKeyFile],
    ...(port === undefined ? [] : ['listen-port', String(port)]),
  ]
}

function planChanged(
  device: string,
  changed: readonly WireguardPeer[],
  observed: ObservedWireguard,
): CommandStep[] {
  const owners = ownersOf(observed)
  return chunksOf(changed).map((peers) => ({
    kind: 'command',
    reason: 'let peers in',
    argv: ['wg', 'set', device, ...peers.flatMap(peerWords)],
    undo: undoChanged(device, peers, { observed, owners }),
  }))
}

/** Takes away who is new, and gives back what others had: those changed, and those whose address was taken. */
function undoChanged(
  device: string,
  peers: readonly WireguardPeer[],
  { observed, owners }: { observed: ObservedWireguard; owners: ReadonlyMap<string, string> },
): UndoCommand[] {
  const fresh = peers.filter(({ publicKey }) => !observed.peers.has(publicKey))
  const touched = new Set(
    peers.flatMap(({ publicKey, addresses }) => [
      publicKey,
      ...addresses.flatMap((address) => owners.get(canonicalPrefix(address)) ?? []),
    ]),
  )
  const before = [...touched].flatMap((key) => {
    const peer = observed.peers.get(key)
    return peer === undefined ? [] : observedWords(key, peer)
  })
  const words = [...fresh.flatMap(({ publicKey }) => removal(publicKey)), ...before]
  return words.length === 0 ? [] : [{ argv: ['wg', 'set', device, ...words] }]
}

function ownersOf({ peers }: ObservedWireguard): ReadonlyMap<string, string> {
  return new Map(
    [...peers].flatMap(([key, { addresses }]) =>
      addresses.map((address): [string, string] => [address, key]),
    ),
  )
}

function planSurplus(
  device: string,
  surplus: readonly string[],
  { peers }: ObservedWireguard,
): CommandStep[] {
  return chunksOf(surplus).map((keys) => ({
    kind: 'command',
    reason: 'let peers in no more',
    argv: ['wg', 'set', device, ...keys.flatMap(removal)],
    undo: [
      {
        argv: [
          ...(['wg', 'set', device] as const),
          ...keys.flatMap((key) => {
            const peer = peers.get(key)
            return peer === undefined ? [] : observedWords(key, peer)
          }),
        ],
      },
    ],
  }))
}

function differs(peer: WireguardPeer, current: ObservedPeer | undefined): boolean {
  if (current === undefined || current.hasPresharedKey) return true
  if ((peer.keepalive ?? 0) !== current.keepalive) return true
  if (peer.endpoint !== undefined && endpointText(peer.endpoint) !== current.endpoint) return true
  const [wanted, has] = [peer.addresses.map(canonicalPrefix), current.addresses].map((list) =>
    [...new Set(list)].sort().join(),
  )
  return wanted !== has
}

/** With all that a peer has, so that nothing of an earlier one stays, a foreign preshared key included. */
function peerWords({ publicKey, addresses, endpoint, keepalive = 0 }: WireguardPeer): string[] {
  return [
    ...['peer', wireguardKey(publicKey), 'preshared-key', '/dev/null'],
    ...(endpoint === undefined ? [] : ['endpoint', endpointText(endpoint)]),
    ...['persistent-keepalive', String(keepalive)],
    ...['allowed-ips', addresses.map(canonicalPrefix).join()],
  ]
}

function observedWords(key: string, { addresses, endpoint, keepalive }: ObservedPeer): string[] {
  return [
    ...['peer', key, ...(endpoint === undefined ? [] : ['endpoint', endpoint])],
    ...['persistent-keepalive', String(keepalive), 'allowed-ips', addresses.join()],
  ]
}

function removal(key: string): string[] {
  return ['peer', key, 'remove']
}

function endpointText({ address, port }: { address: string; port: number }): string {
  const host = canonicalAddress(address)
  return familyOf(host) === 'ipv4' ? `${host}:${port}` : `[${host}]:${port}`
}

/** The kernel would settle it in silence, the last one having the address. */
function refuseDoubles(
  { peers, device }: WireguardTunnel,
  byKey: ReadonlyMap<string, WireguardPeer>,
): void {
  if (byKey.size !== peers.length) throw new Error(`a key is wanted twice on ${device}`)
  const addresses = peers.flatMap((peer) => peer.addresses.map(canonicalPrefix))
  if (new Set(addresses).size !== addresses.length)
    throw new Error(`an address is wanted twice on ${device}`)
}

function chunksOf<T>(list: readonly T[]): T[][] {
  const count = Math.ceil(list.length / mostPeers)
  return Array.from({ length: count }, (_, at) => list.slice(at * mostPeers, (at + 1) * mostPeers))
}
