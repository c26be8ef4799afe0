import { describe, expect, it } from 'vitest'
import { observeNetwork } from '../../src/client/observe-network.ts'
import { type Network, nothing } from '../../src/net/network.ts'
import { planNetwork } from '../../src/net/plan-network.ts'
import { NetworkHost } from '../fakes/network-host.ts'
import { runSteps } from './support/apply.ts'
import { bareHost, textOf, undoText } from './support/observed.ts'

const hub: Network = {
  devices: [
    { kind: 'tun', name: 't1194', mtu: 1400 },
    { kind: 'gre', name: 'gre-ce', local: '192.0.2.10', remote: '192.0.2.22', key: 7, mtu: 1380 },
  ],
  addresses: [
    { dev: 'lo', address: '10.200.0.1' },
    { dev: 'lo', address: 'fd00:200::1' },
  ],
  routes: [
    { table: 7700, to: '192.0.2.22', dev: 'gre-ce', mtu: 1380 },
    { table: 7700, to: '0.0.0.0/0', unreachable: true },
    { table: 7701, to: '10.200.1.2', dev: 't1194', src: '10.200.0.1' },
    { table: 7701, to: '10.200.1.2', metric: 4000, unreachable: true },
    { table: 7701, to: 'fd00:200::0002', dev: 't1194' },
    { table: 7701, to: '::/0', unreachable: true },
  ],
  rules: [
    { family: 'ipv4', iif: 't1194', table: 7700, priority: 7000 },
    { family: 'ipv6', iif: 'gre-ce', table: 7701, priority: 7000 },
  ],
  settings: [{ dev: 'gre-ce', rpFilter: 2, acceptRa: 0, forward: ['ipv4'] }],
  firewall: {
    sets: [{ name: 'tunnels', type: 'ifname', elements: ['t1194'] }],
    chains: [
      {
        name: 'forward',
        hook: { type: 'filter', at: 'forward', priority: -5, policy: 'accept' },
        rules: [{ match: [{ on: 'iifname', in: '@tunnels' }], actions: ['counter', 'drop'] }],
      },
    ],
  },
}

const adding = `
nft -f -  # guard what dynfarm makes
    add table inet dynfarm
    add set inet dynfarm tunnels { type ifname; }
    add chain inet dynfarm forward { type filter hook forward priority -5; policy accept; }
    flush chain inet dynfarm forward
    add rule inet dynfarm forward iifname @tunnels counter drop
    add element inet dynfarm tunnels { "t1194" }
ip -4 -batch -  # close what has no other way
    route add unreachable 0.0.0.0/0 table 7700 proto 177 metric 1
    route add unreachable 10.200.1.2/32 table 7701 proto 177 metric 4000
ip -6 route add unreachable ::/0 table 7701 proto 177 metric 1  # close what has no other way
ip -batch -  # device of a tunnel
    tuntap add dev t1194 mode tun
    link set dev t1194 group 177 mtu 1400
    link set dev t1194 up
ip -batch -  # link to a service or hub
    link add name gre-ce group 177 mtu 1380 type gre local 192.0.2.10 remote 192.0.2.22 key 7 ttl 64
    link set dev gre-ce up
ip -batch -  # addresses of this host
    addr add 10.200.0.1/32 dev lo metric 177
    addr add fd00:200::1/128 dev lo metric 177 nodad noprefixroute
ip -4 -batch -  # routes through devices
    route add 192.0.2.22/32 dev gre-ce table 7700 proto 177 metric 1 mtu lock 1380
    route add 10.200.1.2/32 dev t1194 table 7701 proto 177 metric 1 src 10.200.0.1
ip -6 route add fd00:200::2/128 dev t1194 table 7701 proto 177 metric 1  # routes through devices
ip -4 rule add iif t1194 lookup 7700 priority 7000 protocol 177  # choose the routing table by device
ip -6 rule add iif gre-ce lookup 7701 priority 7000 protocol 177  # choose the routing table by device
sysctl -q -w net/ipv4/conf/gre-ce/rp_filter=2 net/ipv6/conf/gre-ce/accept_ra=0 net/ipv4/conf/gre-ce/forwarding=1  # forwarding and source checks, device by device
`

const removing = `
ip -4 -batch -  # remove routes no longer wanted
    route del 192.0.2.22/32 dev gre-ce table 7700 proto 177 metric 1
    route del 10.200.1.2/32 dev t1194 table 7701 proto 177 metric 1
ip -6 route del fd00:200::2/128 dev t1194 table 7701 proto 177 metric 1  # remove routes no longer wanted
ip -batch -  # remove addresses no longer wanted
    addr del 10.200.0.1/32 dev lo
    addr del fd00:200::1/128 dev lo
ip link del dev t1194  # remove a device no longer wanted
ip link del dev gre-ce  # remove a device no longer wanted
ip -4 rule del iif t1194 lookup 7700 priority 7000 protocol 177  # remove rules no longer wanted
ip -6 rule del iif gre-ce lookup 7701 priority 7000 protocol 177  # remove rules no longer wanted
ip -4 -batch -  # remove closed routes no longer wanted
    route del unreachable 0.0.0.0/0 table 7700 proto 177 metric 1
    route del unreachable 10.200.1.2/32 table 7701 proto 177 metric 4000
ip -6 route del unreachable ::/0 table 7701 proto 177 metric 1  # remove closed routes no longer wanted
nft -f -  # release what is gone
    delete table inet dynfarm
`

const undoing = `
ip -6 rule del iif gre-ce lookup 7701 priority 7000 protocol 177
ip -4 rule del iif t1194 lookup 7700 priority 7000 protocol 177
ip -6 route del fd00:200::2/128 dev t1194 table 7701 proto 177 metric 1
ip -4 -force -batch -
    route del 10.200.1.2/32 dev t1194 table 7701 proto 177 metric 1
    route del 192.0.2.22/32 dev gre-ce table 7700 proto 177 metric 1
ip -force -batch -
    addr del fd00:200::1/128 dev lo
    addr del 10.200.0.1/32 dev lo
ip link del dev gre-ce
ip link del dev t1194
ip -6 route del unreachable ::/0 table 7701 proto 177 metric 1
ip -4 -force -batch -
    route del unreachable 10.200.1.2/32 table 7701 proto 177 metric 4000
    route del unreachable 0.0.0.0/0 table 7700 proto 177 metric 1
nft -f -
    delete table inet dynfarm
`

describe('a hub', () => {
  it('closes first, opens last', () => {
    expect(textOf(planNetwork(hub, bareHost))).toBe(adding.trim())
  })

  it('is taken back in reverse', () => {
    expect(undoText(planNetwork(hub, bareHost).steps)).toBe(undoing.trim())
  })

  it('is taken down with its guard last', async () => {
    expect(textOf(planNetwork(nothing, await observeNetwork(await hostWith(hub))))).toBe(
      removing.trim(),
    )
  })

  it('changes for one node by that node alone', async () => {
    const observed = await observeNetwork(await hostWith(hub))
    const more = {
      ...hub,
      routes: [...hub.routes, { table: 7701, to: '10.200.1.3', dev: 't1194' }],
    }
    expect(textOf(planNetwork(more, observed))).toBe(
      'ip -4 route add 10.200.1.3/32 dev t1194 table 7701 proto 177 metric 1  # routes through devices',
    )
  })

  it('moves a node to another tunnel without a gap', async () => {
    const two: Network = { ...hub, devices: [...hub.devices, { kind: 'tun', name: 't443' }] }
    const observed = await observeNetwork(await hostWith(two))
    const routes = two.routes.map((route) =>
      'dev' in route && route.dev === 't1194' ? { ...route, dev: 't443', mtu: 1300 } : route,
    )
    expect(textOf(planNetwork({ ...two, routes }, observed))).toBe(
      [
        'ip -4 route replace 10.200.1.2/32 dev t443 table 7701 proto 177 metric 1 src 10.200.0.1 mtu lock 1300  # routes through devices',
        'ip -6 route replace fd00:200::2/128 dev t443 table 7701 proto 177 metric 1 mtu lock 1300  # routes through devices',
      ].join('\n'),
    )
  })
})

async function hostWith(network: Network): Promise<NetworkHost> {
  const host = new NetworkHost()
  await runSteps(host, planNetwork(network, await observeNetwork(host)).steps)
  return host
}
