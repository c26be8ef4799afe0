import type { FirewallRule } from '../../net/nft/firewall.ts'
import { ofFamily } from './groups.ts'
import { accepted, type Scene } from './scene.ts'

/**
 * On VXLAN's Ethernet an IPv6 address has to be asked for, and the question comes from an address of the link itself.
 * The kernel takes none that crossed a router.
 */
export function neighbours({ links, peers, families }: Scene): FirewallRule[] {
  const ends = [
    ...links.map(({ device, addresses }) => ({ device, far: addresses })),
    ...peers.map(({ device, inner }) => ({ device, far: inner })),
  ].filter(({ device, far }) => device.kind === 'vxlan' && ofFamily(far, 'ipv6').length > 0)
  if (ends.length === 0 || !families.includes('ipv6')) return []
  const types = ['nd-neighbor-solicit', 'nd-neighbor-advert']
  return [
    accepted(
      { on: 'iifname', in: ends.map(({ device }) => device.name) },
      { on: 'icmpv6 type', in: types },
    ),
  ]
}
