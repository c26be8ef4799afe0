import { describe, expect, test } from 'vitest'
import type { HubState } from '../../src/hub/network/state.ts'
import { hubNetwork } from '../../src/hub/network/wanted.ts'
import { bareHost, type ObservedNetwork } from '../../src/net/network.ts'
import { planNetwork, requireUnblocked } from '../../src/net/plan-network.ts'
import { renderScript } from '../../src/plan/script.ts'
import type { CentreConfig } from '../../src/protocol/schema/centre-config.ts'

const config: CentreConfig = {
  centre: 'example',
  domain: 'farm.example.org',
  nodes: ['10.200.0.0/16', 'fd00:200::/48'],
  hubs: [
    {
      name: 'hub1',
      inner: ['10.200.0.1', 'fd00:200::1'],
      local: ['192.0.2.1'],
      public: ['198.51.100.1'],
      'from-nodes': ['icmp', 'tcp/123'],
    },
  ],
  tunnels: [],
  services: [
    {
      name: 'ce',
      addresses: ['192.0.2.22', '192.0.2.23'],
      names: [],
      'from-nodes': ['tcp/9618', 'tcp/8443', 'icmp'],
      'to-nodes': ['tcp/1024-65535'],
    },
    {
      name: 'lsf',
      addresses: ['192.0.2.21'],
      names: [],
      'from-nodes': ['udp/6878-6882'],
      'to-nodes': 'any',
    },
    {
      name: 'nas',
      addresses: ['192.0.2.30'],
      names: [],
      'from-nodes': ['tcp/2049'],
      'to-nodes': [],
    },
    {
      name: 'proxy',
      addresses: ['192.0.2.1'],
      names: [],
      'from-nodes': ['tcp/3128'],
      'to-nodes': [],
    },
  ],
  links: [
    { hub: 'hub1', service: 'ce', kind: 'gre', key: 77 },
    { hub: 'hub1', service: 'lsf', kind: 'vxlan', key: 78 },
    { hub: 'hub1', service: 'nas', kind: 'routed', key: 79 },
    { hub: 'hub1', service: 'proxy', kind: 'local', key: 80 },
  ],
  sites: [
    {
      site: 'aruba',
      nodes: ['10.200.1.0/24'],
      jobs: [],
      services: ['ce', 'lsf'],
      classes: [{ name: 'cache', services: ['nas', 'proxy'] }],
      'node-to-node': true,
      'log-flows': true,
      connections: 100,
    },
  ],
}

const state: HubState = {
  hub: 'hub1',
  config,
  nodes: [
    {
      id: 'n1',
      site: 'aruba',
      class: null,
      addresses: ['10.200.1.1', 'fd00:200:1::1'],
      quarantined: false,
    },
    { id: 'n2', site: 'aruba', class: 'cache', addresses: ['10.200.1.2'], quarantined: false },
    { id: 'n3', site: 'aruba', class: null, addresses: ['10.200.1.3'], quarantined: true },
  ],
  tunnels: [
    { kind: 'external', name: 'dfw-wg' },
    { kind: 'external', name: 'dfo-tcp' },
  ],
  seats: new Map([
    ['n1', { device: 'dfw-wg', mtu: 1400 }],
    ['n3', { device: 'dfo-tcp' }],
  ]),
  ways: new Map([['192.0.2.30', { device: 'eth0', via: '192.0.2.254' }]]),
  closed: { ipv4: ['eth0'], ipv6: true },
}

/** Nothing of dynfarm's but the tunnels' devices, which VPN daemons made. */
const host: ObservedNetwork = {
  ...bareHost,
  foreign: {
    ...bareHost.foreign,
    devices: new Map(
      ['lo', 'eth0', 'dfw-wg', 'dfo-tcp'].map((name) => [name, { group: 0, mtu: 1500, up: true }]),
    ),
  },
}

function script(state: HubState): string {
  return renderScript(requireUnblocked(planNetwork(hubNetwork(state), host)))
}

describe('the network of a hub', () => {
  test('is this, with links of every kind, on a bare host', async () => {
    await expect(script(state)).toMatchFileSnapshot('golden/hub-network.sh')
  })

  test('lets nobody out of a quarantine, and nobody in', () => {
    const { firewall } = hubNetwork(state)
    const elements = (name: string) => firewall?.sets.find((set) => set.name === name)?.elements
    expect(elements('nodes4')).toContain('10.200.1.3')
    expect(elements('nodes4_aruba')).toEqual(['10.200.1.1'])
  })

  test.each([
    [100, 1280, 100],
    [1300, 1300, 1300],
    [65_535, 1420, 1420],
  ])('takes of the MTU %i that a node says what can be', (mtu, ipv6, ipv4) => {
    const { routes } = hubNetwork({ ...state, seats: new Map([['n1', { device: 'dfw-wg', mtu }]]) })
    const sizes = (to: string) =>
      new Set(routes.flatMap((route) => (route.to === to && 'mtu' in route ? [route.mtu] : [])))
    expect(sizes('10.200.1.1')).toEqual(new Set([ipv4]))
    expect(sizes('fd00:200:1::1')).toEqual(new Set([ipv6]))
  })

  test('has no way to a node that is away, nor to a service that the hub cannot reach', () => {
    const { routes } = hubNetwork({ ...state, seats: new Map(), ways: new Map() })
    const open = routes.filter((route) => !('unreachable' in route)).map(({ to }) => to)
    expect(new Set(open)).toEqual(new Set(['192.0.2.21', '192.0.2.22', '192.0.2.23']))
  })
})

describe('a hub beside another one', () => {
  const [hub1] = config.hubs
  const hub2 = { ...hub1, name: 'hub2', inner: ['10.200.0.2', 'fd00:200::2'], local: ['192.0.2.2'] }
  const beside = (kind: 'gre' | 'vxlan'): HubState => ({
    ...state,
    config: {
      ...config,
      hubs: [...config.hubs, hub2 as CentreConfig['hubs'][number]],
      peers: [{ hub: 'hub2', kind, key: 99 }],
    },
    elsewhere: new Map([['n2', { hub: 'hub2', mtu: 1300 }]]),
  })
  const linesWith = (word: RegExp, kind: 'gre' | 'vxlan' = 'gre') =>
    script(beside(kind))
      .split('\n')
      .filter((line) => word.test(line))

  test('leads what is for a node of that hub there, and nothing of that hub’s back', () => {
    expect(linesWith(/route add .*(hub-hub2|7702)|rule add .*hub-hub2/)).toMatchInlineSnapshot(`
      [
        "ip -4 route add unreachable 0.0.0.0/0 table 7702 proto 177 metric 4096",
        "ip -6 route add unreachable ::/0 table 7702 proto 177 metric 4096",
        "ip -4 route add 192.0.2.22/32 dev gre-ce table 7702 proto 177 metric 1",
        "ip -4 route add 192.0.2.23/32 dev gr2-ce table 7702 proto 177 metric 1",
        "ip -4 route add 192.0.2.21/32 dev vxl-lsf table 7702 proto 177 metric 1",
        "ip -4 route add 10.200.0.2/32 dev hub-hub2 proto 177 metric 1",
        "ip -4 route add 10.200.0.2/32 dev hub-hub2 table 7700 proto 177 metric 1",
        "ip -4 route add 10.200.1.1/32 dev dfw-wg table 7702 proto 177 metric 1 mtu lock 1400",
        "ip -4 route add 10.200.1.2/32 dev hub-hub2 proto 177 metric 1 mtu lock 1300",
        "ip -4 route add 10.200.1.2/32 dev hub-hub2 table 7701 proto 177 metric 1 mtu lock 1300",
        "ip -4 route add 10.200.1.2/32 dev hub-hub2 table 7700 proto 177 metric 1 mtu lock 1300",
        "ip -4 route add 10.200.1.3/32 dev dfo-tcp table 7702 proto 177 metric 1",
        "ip -6 route add fd00:200::2/128 dev hub-hub2 proto 177 metric 1",
        "ip -6 route add fd00:200::2/128 dev hub-hub2 table 7700 proto 177 metric 1",
        "ip -6 route add fd00:200:1::1/128 dev dfw-wg table 7702 proto 177 metric 1 mtu lock 1400",
        "ip -4 rule add iif hub-hub2 lookup 7702 priority 7700 protocol 177",
        "ip -6 rule add iif hub-hub2 lookup 7702 priority 7700 protocol 177",
      ]
    `)
    expect(linesWith(/route add 10.200.1.2.*hub-hub2/, 'vxlan')).toMatchInlineSnapshot(`
      [
        "ip -4 route add 10.200.1.2/32 dev hub-hub2 proto 177 metric 1 via 10.200.0.2 mtu lock 1300",
        "ip -4 route add 10.200.1.2/32 dev hub-hub2 table 7701 proto 177 metric 1 via 10.200.0.2 mtu lock 1300",
        "ip -4 route add 10.200.1.2/32 dev hub-hub2 table 7700 proto 177 metric 1 via 10.200.0.2 mtu lock 1300",
      ]
    `)
  })

  test('lets through between hubs what a service or the other hub says to nodes, and no more', () => {
    expect(linesWith(/^add (rule|set) .*(hub-hub2|@hubs|hubs)/)).toMatchInlineSnapshot(`
      [
        "add set inet dynfarm hubs { type ifname; }",
        "add rule inet dynfarm prerouting ip saddr @nodes4 iifname != @tunnels iifname != @hubs counter drop",
        "add rule inet dynfarm prerouting ip saddr 10.200.0.2 iifname != "hub-hub2" counter drop",
        "add rule inet dynfarm prerouting ip6 saddr @nodes6 iifname != @tunnels iifname != @hubs counter drop",
        "add rule inet dynfarm prerouting ip6 saddr fd00:200::2 iifname != "hub-hub2" counter drop",
        "add rule inet dynfarm prerouting iifname @hubs jump brought",
        "add rule inet dynfarm brought iifname "hub-hub2" ip saddr != @nodes4 ip saddr != { 10.200.0.2, 192.0.2.21-192.0.2.23 } counter drop",
        "add rule inet dynfarm brought iifname "hub-hub2" ip6 saddr != @nodes6 ip6 saddr != fd00:200::2 counter drop",
        "add rule inet dynfarm input iifname "hub-hub2" ip saddr 10.200.0.2 ip daddr 10.200.0.1 udp dport 7790 accept",
        "add rule inet dynfarm input iifname "hub-hub2" ip saddr 10.200.0.2 ip daddr 10.200.0.1 icmp type echo-request accept",
        "add rule inet dynfarm input iifname "hub-hub2" ip6 saddr fd00:200::2 ip6 daddr fd00:200::1 udp dport 7790 accept",
        "add rule inet dynfarm input iifname "hub-hub2" ip6 saddr fd00:200::2 ip6 daddr fd00:200::1 icmpv6 type echo-request accept",
        "add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba oifname @hubs ip daddr @nodes4_aruba ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip saddr @nodes4_aruba oifname @tunnels ip daddr @nodes4_aruba ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba oifname @hubs ip daddr @nodes4_aruba_cache ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip saddr @nodes4_aruba oifname @tunnels ip daddr @nodes4_aruba_cache ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @tunnels ip6 saddr @nodes6_aruba oifname @hubs ip6 daddr @nodes6_aruba ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip6 saddr @nodes6_aruba oifname @tunnels ip6 daddr @nodes6_aruba ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @tunnels ip6 saddr @nodes6_aruba oifname @hubs ip6 daddr @nodes6_aruba_cache ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip6 saddr @nodes6_aruba oifname @tunnels ip6 daddr @nodes6_aruba_cache ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba_cache oifname @hubs ip daddr @nodes4_aruba ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip saddr @nodes4_aruba_cache oifname @tunnels ip daddr @nodes4_aruba ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @tunnels ip saddr @nodes4_aruba_cache oifname @hubs ip daddr @nodes4_aruba_cache ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip saddr @nodes4_aruba_cache oifname @tunnels ip daddr @nodes4_aruba_cache ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @tunnels ip6 saddr @nodes6_aruba_cache oifname @hubs ip6 daddr @nodes6_aruba ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip6 saddr @nodes6_aruba_cache oifname @tunnels ip6 daddr @nodes6_aruba ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @tunnels ip6 saddr @nodes6_aruba_cache oifname @hubs ip6 daddr @nodes6_aruba_cache ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip6 saddr @nodes6_aruba_cache oifname @tunnels ip6 daddr @nodes6_aruba_cache ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname "hub-hub2" ip saddr 10.200.0.2 oifname @tunnels ip daddr @active4 ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname "hub-hub2" ip6 saddr fd00:200::2 oifname @tunnels ip6 daddr @active6 ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip saddr 192.0.2.22 oifname @tunnels ip daddr @nodes4_aruba tcp dport 1024-65535 ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip saddr 192.0.2.23 oifname @tunnels ip daddr @nodes4_aruba tcp dport 1024-65535 ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname @hubs ip saddr 192.0.2.21 oifname @tunnels ip daddr @nodes4_aruba ct mark set 4285031679 accept",
        "add rule inet dynfarm judged iifname "gre-ce" ip saddr 192.0.2.22 oifname @hubs ip daddr @nodes4_aruba accept",
        "add rule inet dynfarm judged iifname "gr2-ce" ip saddr 192.0.2.23 oifname @hubs ip daddr @nodes4_aruba accept",
        "add rule inet dynfarm judged iifname "vxl-lsf" ip saddr 192.0.2.21 oifname @hubs ip daddr @nodes4_aruba accept",
      ]
    `)
  })

  test('asks for the neighbours of an Ethernet, and only there', () => {
    expect(linesWith(/nd-neighbor/)).toEqual([])
    expect(linesWith(/nd-neighbor/, 'vxlan')).toHaveLength(2)
  })

  test('knows a node that is here and there only there', () => {
    const both = { ...beside('gre'), elsewhere: new Map([['n1', { hub: 'hub2' }]]) }
    const devices = hubNetwork(both).routes.flatMap((route) =>
      route.to === '10.200.1.1' && 'dev' in route ? [route.dev] : [],
    )
    expect(new Set(devices)).toEqual(new Set(['hub-hub2']))
  })
})
