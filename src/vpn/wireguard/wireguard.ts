/** A WireGuard device as it should be; the device itself is made by src/net. */
export interface WireguardTunnel {
  device: string
  publicKey: string
  /** Read by `wg` itself: the key is in no argv and no plan. */
  privateKeyFile: string
  /** The hub's; without one the kernel chooses. */
  port?: number
  peers: readonly WireguardPeer[]
}

export interface WireguardPeer {
  publicKey: string
  /** What it may send from and be sent, and nothing else; each of them belongs to one peer only. */
  addresses: readonly string[]
  /** The hub, as a node dials it. A node behind NAT is found by its own packets. */
  endpoint?: { address: string; port: number }
  /** Seconds; of a node, so that its NAT does not forget it. */
  keepalive?: number
}

export interface ObservedWireguard {
  /** undefined before it has a key. */
  publicKey: string | undefined
  port: number
  peers: ReadonlyMap<string, ObservedPeer>
}

export interface ObservedPeer {
  /** Networks, in their canonical spelling. */
  addresses: readonly string[]
  /** As `wg` writes it. */
  endpoint: string | undefined
  keepalive: number
  hasPresharedKey: boolean
  /** Seconds since 1970; 0 before the first. */
  handshake: number
  /** From the peer, and to it. */
  received: number
  sent: number
}

export const noWireguard: ObservedWireguard = { publicKey: undefined, port: 0, peers: new Map() }

/** 44 characters of base64 for 32 bytes: no other text becomes a word of a command. */
export function wireguardKey(text: string): string {
  if (!isWireguardKey(text)) throw new Error(`not a WireGuard key: "${text}"`)
  return text
}

export function isWireguardKey(text: string): boolean {
  return /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/.test(text)
}
