import type { Family } from '../../address.ts'
import type { FirewallRule, Match } from '../../net/nft/firewall.ts'
import { helloPort } from '../../protocol/hello.ts'
import { accepted, activeNodes, destinationOf, dropped, only, type Scene } from './scene.ts'

/** The hub itself may send its nodes anything; to those in quarantine ssh, and what keeps their tunnel known. */
export function outputRules({ families }: Scene): FirewallRule[] {
  const byTunnel: Match = { on: 'oifname', in: '@tunnels' }
  return [
    only(byTunnel),
    ...families.flatMap((family) => {
      const on = destinationOf(family)
      const quarantined: Match = { on, in: `@${activeNodes(family)}`, not: true }
      return [
        accepted(quarantined, { on: 'tcp dport', in: [SSH_PORT] }),
        accepted(quarantined, { on: 'udp sport', in: [helloPort] }),
        accepted(quarantined, pong[family]),
        dropped(quarantined, byTunnel),
      ]
    }),
  ]
}

const SSH_PORT = 22

const pong: Readonly<Record<Family, Match>> = {
  ipv4: { on: 'icmp type', in: ['echo-reply'] },
  ipv6: { on: 'icmpv6 type', in: ['echo-reply'] },
}
