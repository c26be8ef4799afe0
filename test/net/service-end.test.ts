import { describe, expect, test } from 'vitest'
import type { Link } from '../../src/net/link.ts'
import { bareHost } from '../../src/net/network.ts'
import { renderNetworkd } from '../../src/net/networkd.ts'
import { planNetwork, requireUnblocked } from '../../src/net/plan-network.ts'
import { wantedRoute } from '../../src/net/routes.ts'
import { type ServiceEnd, serviceNetwork } from '../../src/net/service-end.ts'
import { steeringInForce } from '../../src/net/steering.ts'
import { renderPlan } from '../../src/plan/render.ts'

const link: Link = {
  kind: 'gre',
  hub: { name: 'hub1', addresses: ['192.0.2.10'], inner: ['10.200.0.1'] },
  service: { name: 'ce', addresses: ['192.0.2.22'] },
  key: 1234,
  port: 4789,
  pathMtu: 1500,
  host: 0,
  tunnelMtu: 1420,
}

const second: Link = {
  ...link,
  hub: { name: 'hub2', addresses: ['192.0.2.11'], inner: ['10.200.0.2'] },
}

function plan(end: ServiceEnd): string {
  const wanted = serviceNetwork(end)
  return renderPlan(requireUnblocked(planNetwork(wanted, bareHost)))
}

function linesWith(text: string, word: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.includes(word))
    .map((line) => line.trim())
}

describe('the far end of links', () => {
  test('one link: device, way to the nodes, guard', () => {
    expect(plan({ links: [link], nodes: ['10.200.0.0/16'] })).toMatchInlineSnapshot(`
      "nft -f -  # guard what dynfarm makes
          add table inet dynfarm
          add chain inet dynfarm prerouting { type filter hook prerouting priority -290; policy accept; }
          add chain inet dynfarm input { type filter hook input priority 0; policy accept; }
          add chain inet dynfarm forward { type filter hook forward priority 0; policy accept; }
          flush chain inet dynfarm prerouting
          flush chain inet dynfarm input
          flush chain inet dynfarm forward
          add rule inet dynfarm prerouting iifname != { "gre-hub1", "lo" } ip saddr 10.200.0.0/16 counter drop
          add rule inet dynfarm prerouting ip saddr 192.0.2.10 ip daddr 192.0.2.22 meta l4proto 47 fib saddr . iif oif missing counter drop
          add rule inet dynfarm input iifname "gre-hub1" ip saddr 10.200.0.0/16 ip daddr 192.0.2.22 accept
          add rule inet dynfarm input iifname "gre-hub1" counter drop
          add rule inet dynfarm forward iifname "gre-hub1" counter drop
          add rule inet dynfarm forward oifname "gre-hub1" counter drop
      ip -batch -  # link to a service or hub
          link add name gre-hub1 group 177 mtu 1420 type gre local 192.0.2.22 remote 192.0.2.10 key 1234 ttl 64
          link set dev gre-hub1 up
      ip -4 route add 10.200.0.0/16 dev gre-hub1 proto 177 metric 100 src 192.0.2.22  # routes through devices"
    `)
  })

  test('the second hub is the second choice', () => {
    const text = plan({ links: [link, second], nodes: ['10.200.0.0/16'] })
    expect(linesWith(text, 'route add')).toEqual([
      'route add 10.200.0.1/32 dev gre-hub1 proto 177 metric 100 src 192.0.2.22',
      'route add 10.200.0.2/32 dev gre-hub2 proto 177 metric 200 src 192.0.2.22',
      'route add 10.200.0.0/16 dev gre-hub1 proto 177 metric 100 src 192.0.2.22',
      'route add 10.200.0.0/16 dev gre-hub2 proto 177 metric 200 src 192.0.2.22',
    ])
    expect(linesWith(text, 'addr add')).toEqual([
      'addr add 192.0.2.22/32 dev gre-hub1 metric 177',
      'addr add 192.0.2.22/32 dev gre-hub2 metric 177',
    ])
    expect(linesWith(text, 'rp_filter')).toHaveLength(1)
  })

  test('the hub that lives is the first choice, and each node’s is the one that it is at', () => {
    const places = new Map([
      ['10.200.1.1', { hub: 'hub2', mtu: 1300 }],
      ['10.200.1.2', { hub: 'hub1', mtu: 9000 }],
      ['10.200.1.3', { hub: 'gone' }],
    ])
    const steering = { order: ['hub2'], places }
    const text = plan({ links: [link, second], nodes: ['10.200.0.0/16'], steering })
    expect(linesWith(text, 'route add 10.200.0.0/16')).toEqual([
      'route add 10.200.0.0/16 dev gre-hub2 proto 177 metric 100 src 192.0.2.22',
      'route add 10.200.0.0/16 dev gre-hub1 proto 177 metric 200 src 192.0.2.22',
    ])
    expect(linesWith(text, 'route add 10.200.1.')).toEqual([
      'route add 10.200.1.1/32 dev gre-hub2 proto 177 metric 1 src 192.0.2.22 mtu lock 1300',
      'route add 10.200.1.2/32 dev gre-hub1 proto 177 metric 1 src 192.0.2.22 mtu lock 1420',
    ])
  })

  test('of several hubs none speaks for another, and nobody else for them', () => {
    const text = plan({ links: [link, second], nodes: ['10.200.0.0/16'] })
    expect(linesWith(text, 'iifname !=')).toEqual([
      'add rule inet dynfarm prerouting iifname != { "gre-hub1", "gre-hub2", "lo" } ip saddr 10.200.0.0/16 counter drop',
      'add rule inet dynfarm input iifname != "gre-hub1" ip saddr 10.200.0.1 counter drop',
      'add rule inet dynfarm input iifname != "gre-hub2" ip saddr 10.200.0.2 counter drop',
    ])
  })

  test('what is in force is read back as it was wanted', () => {
    const links = [link, second]
    const places = new Map([['10.200.1.1', { hub: 'hub2', mtu: 1300 }]])
    const steering = { order: ['hub2', 'hub1'], places }
    const nodes = ['10.200.0.0/16']
    const { routes } = serviceNetwork({ links, nodes, steering })
    const observed = routes.map((route) => wantedRoute(route))
    expect(steeringInForce(links, nodes, { routes: observed })).toEqual(steering)
  })

  test('on an Ethernet an IPv6 address stands on the link, and may be asked for', () => {
    const both = {
      ...{ ...link, kind: 'vxlan' as const },
      hub: { ...link.hub, inner: ['10.200.0.1', 'fd5a::1'] },
      service: { name: 'ce', addresses: ['192.0.2.22', '2001:db8::22'] },
    }
    const text = plan({ links: [both], nodes: ['10.200.0.0/16', 'fd5a::/64'] })
    expect(linesWith(text, 'addr add')).toEqual([
      expect.stringContaining('ip addr add 2001:db8::22/128 dev vxl-hub1 metric 177 nodad'),
    ])
    expect(linesWith(text, 'nd-neighbor')).toHaveLength(1)
  })

  test('an inner family without an address of the service is closed, not routed', () => {
    const text = plan({ links: [link], nodes: ['10.200.0.0/16', 'fd5a::/64'] })
    expect(linesWith(text, 'fd5a')).toEqual([expect.stringMatching(/ip6 saddr fd5a.* drop$/)])
    expect(linesWith(text, ' accept').filter((line) => !line.includes('policy'))).toHaveLength(1)
  })

  test('outer IPv6 where one end has no IPv4, with its larger overhead', () => {
    const outer = {
      ...link,
      hub: { ...link.hub, addresses: ['2001:db8::10'] },
      service: { name: 'ce', addresses: ['192.0.2.22', '2001:db8::22'] },
      tunnelMtu: 1500,
    }
    expect(linesWith(plan({ links: [outer], nodes: ['10.200.0.0/16'] }), 'link add')).toEqual([
      expect.stringMatching(/mtu 1452 type ip6gre local 2001:db8::22 remote 2001:db8::10 key 1234/),
    ])
  })

  test("on VXLAN the hub's inner address is the next hop", () => {
    const text = plan({ links: [{ ...link, kind: 'vxlan' }], nodes: ['10.200.0.0/16'] })
    expect(linesWith(text, 'route add')).toEqual([
      'route add 10.200.0.1/32 dev vxl-hub1 proto 177 metric 100 src 192.0.2.22',
      'route add 10.200.0.0/16 dev vxl-hub1 proto 177 metric 100 via 10.200.0.1 src 192.0.2.22',
    ])
  })
})

test('as files of systemd-networkd', () => {
  const files = renderNetworkd(serviceNetwork({ links: [link], nodes: ['10.200.0.0/16'] }))
  expect([...files].map(([path, text]) => `# ${path}\n${text}`).join('\n')).toMatchInlineSnapshot(`
    "# /etc/systemd/network/50-dynfarm-gre-hub1.netdev
    [NetDev]
    Name=gre-hub1
    Kind=gre
    MTUBytes=1420

    [Tunnel]
    Independent=yes
    Local=192.0.2.22
    Remote=192.0.2.10
    TTL=64
    Key=1234

    # /etc/systemd/network/50-dynfarm-gre-hub1.network
    [Match]
    Name=gre-hub1

    [Network]
    LinkLocalAddressing=no
    IPv6AcceptRA=no

    [Route]
    Destination=10.200.0.0/16
    PreferredSource=192.0.2.22
    Metric=100
    Scope=link
    "
  `)
})
