import type { Feed, FeedNode, Known } from '../../src/hub/known.ts'
import { nothingKnown, takeFeed } from '../../src/hub/known.ts'
import type { CentreConfig } from '../../src/protocol/schema/centre-config.ts'

/** Makers of what a hub is told, well-formed and with as much of their own as a test says. */
export function feedNode(slot: number, over: Partial<FeedNode> = {}): FeedNode {
  const hex = slot.toString(16).padStart(31, '0')
  return {
    ...{ id: `n${slot}`, role: 'node', site: 'aruba', class: null, name: `aruba-${slot}`, slot },
    addresses: [`10.200.${slot >> 8}.${slot & 255}`],
    state: 'ready',
    certificate: `4${hex}`,
    previousCertificate: null,
    publicKey: slot.toString(16).padStart(64, '0'),
    wireguardKey: wireguardKey(slot),
    ...{ sshHostKeys: [], created: slot, freed: null, generation: slot },
    ...over,
  }
}

export function wireguardKey(number: number): string {
  const bytes = Buffer.alloc(32)
  bytes.writeUInt32BE(number + 1000, 4)
  return bytes.toString('base64')
}

export const config: CentreConfig = {
  centre: 'example',
  domain: 'farm.example.org',
  nodes: ['10.200.0.0/16'],
  hubs: [
    {
      ...{ name: 'hub1', inner: ['10.200.255.1'], local: ['192.0.2.10'] },
      ...{ public: ['203.0.113.10'], 'from-nodes': [] },
    },
  ],
  tunnels: [
    { name: 'wg', kind: 'wireguard', proto: 'udp', addresses: ['203.0.113.10'], port: 51820 },
    { name: 'udp', kind: 'openvpn', proto: 'udp', addresses: ['203.0.113.10'], port: 1194 },
  ],
  services: [
    { name: 'ce', addresses: ['192.0.2.22'], names: [], 'from-nodes': ['icmp'], 'to-nodes': [] },
    {
      ...{ name: 'nas', addresses: ['192.0.2.30', '192.0.2.31'], names: [] },
      ...{ 'from-nodes': ['icmp'], 'to-nodes': [] },
    },
  ],
  links: [
    { hub: 'hub1', service: 'ce', kind: 'vxlan', key: 77 },
    { hub: 'hub1', service: 'nas', kind: 'routed', key: 78 },
  ],
  sites: [
    {
      ...{ site: 'aruba', nodes: ['10.200.0.0/17'], jobs: [], services: ['ce'], classes: [] },
      ...{ 'node-to-node': false, 'log-flows': false },
    },
  ],
}

export function feed(over: Partial<Feed> = {}): Feed {
  return {
    ...{ kind: 'snapshot', time: 1, position: 'one.5', nodes: [], hosts: [], config },
    ...{ configHash: 'ab'.repeat(32), seed: false },
    ...over,
  }
}

export function known(...nodes: FeedNode[]): Known {
  return takeFeed(nothingKnown, feed({ nodes }))
}
