import { describe, expect, test } from 'vitest'
import type { CentreConfig, HubState } from '../../src/hub/network/state.ts'
import { hubNetwork } from '../../src/hub/network/wanted.ts'
import { bareHost, type ObservedNetwork } from '../../src/net/network.ts'
import { planNetwork, requireUnblocked } from '../../src/net/plan-network.ts'
import { renderScript } from '../../src/plan/script.ts'

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
    expect(open.sort()).toEqual(['192.0.2.21', '192.0.2.22', '192.0.2.23'])
  })
})
