import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HubState } from '../../../src/hub/network/state.ts'
import { type Lab, startLab } from '../lib/lab.ts'
import type { LabHost } from '../lib/lab-host.ts'
import type { HostSpec, Topology } from '../lib/topology.ts'

/**
 * What nodes, services and strangers can reach through a hub, packet by packet on the real kernel. The tunnels are
 * plain cables here: what a VPN proves of its packets is tested with the VPNs.
 */
const here = new URL('.', import.meta.url).pathname
const fixture = (name: string) => `${here}../fixtures/${name}`

function node(number: number, device: string): HostSpec {
  return {
    name: `n${number}`,
    domain: 'far.example.net',
    ports: [
      {
        device: 'eth0',
        segment: device,
        addresses: [`10.200.1.${number}/32`, `fd00:200:1::${number}/128`],
      },
    ],
  }
}

function local(name: string, last: number): HostSpec {
  const addresses = [`192.0.2.${last}/24`, `2001:db8::${last}/64`] as const
  return { name, domain: 'example.org', ports: [{ device: 'eth0', segment: 'lan', addresses }] }
}

const topology: Topology = {
  segments: [{ name: 'lan' }, { name: 'dfa' }, { name: 'dfb' }],
  hosts: [
    {
      ...local('hub', 1),
      ports: [
        ...local('hub', 1).ports,
        { device: 'dfa', segment: 'dfa', addresses: ['169.254.7.1/32'] },
        { device: 'dfb', segment: 'dfb', addresses: ['169.254.7.2/32'] },
      ],
      routes: [{ to: '203.0.113.0/24', via: '192.0.2.21' }],
    },
    local('ce', 22),
    local('lsf', 21),
    local('nas', 30),
    local('secret', 66),
    node(1, 'dfa'),
    node(2, 'dfb'),
  ],
}

const service = (name: string, last: number, from: string[], to: string[]) => ({
  name,
  addresses: [`192.0.2.${last}`],
  names: [],
  'from-nodes': from,
  'to-nodes': to,
})

const state: Omit<HubState, 'seats' | 'ways'> = {
  hub: 'hub1',
  config: {
    centre: 'example',
    domain: 'farm.example.org',
    nodes: ['10.200.0.0/16', 'fd00:200::/48'],
    hubs: [
      {
        name: 'hub1',
        inner: ['10.200.0.1', 'fd00:200::1'],
        local: ['192.0.2.1'],
        public: ['192.0.2.1'],
        'from-nodes': ['tcp/7001'],
      },
    ],
    tunnels: [],
    services: [
      service('ce', 22, ['tcp/7001', 'udp/7001'], ['tcp/7001']),
      service('lsf', 21, ['tcp/7001'], ['tcp/7002']),
      service('nas', 30, ['tcp/7001'], []),
    ],
    links: [
      { hub: 'hub1', service: 'ce', kind: 'vxlan', key: 77 },
      { hub: 'hub1', service: 'lsf', kind: 'vxlan', key: 78 },
      { hub: 'hub1', service: 'nas', kind: 'routed', key: 79 },
    ],
    sites: [
      {
        site: 'aruba',
        nodes: ['10.200.1.0/24'],
        jobs: [],
        services: ['ce', 'nas'],
        classes: [],
        'node-to-node': false,
        'log-flows': false,
      },
    ],
  },
  nodes: [1, 2, 3].map((number) => ({
    id: `n${number}`,
    site: 'aruba',
    class: null,
    addresses: [`10.200.1.${number}`, `fd00:200:1::${number}`],
    quarantined: false,
  })),
  tunnels: ['dfa', 'dfb'].map((name) => ({ kind: 'external', name })),
  closed: { ipv4: ['eth0'], ipv6: true },
}

const seats = [
  ['n1', { device: 'dfa' }],
  ['n2', { device: 'dfb' }],
  ['n3', { device: 'dfb' }],
]
const ways = [['192.0.2.30', { device: 'eth0' }]]

let lab: Lab
const host = (name: string): LabHost => lab.host(name)

beforeAll(async () => {
  lab = await startLab({ name: 'walls', scenario: topology })
  await build('both')
  await Promise.all(['n1', 'n2'].map(wireNode))
  await Promise.all([wireService('ce', 22, 77), wireService('lsf', 21, 78), wireOutside()])
  await Promise.all(['hub', 'ce', 'lsf', 'nas', 'secret', 'n1', 'n2'].map(listen))
}, 60_000)
afterAll(() => lab.stop())

/** The walls again, from the hub's state with some of it changed. */
async function build(walls: 'both' | 'routing' | 'firewall', change: object = {}): Promise<void> {
  const input = JSON.stringify({ state: { ...state, seats, ways, ...change }, walls })
  const said = await host('hub').must([process.execPath, `${here}../lib/hub-network.ts`], { input })
  expect(said).toContain('planned again: 0 steps')
}

/** The centre's way to a stranger outside, at the far side of which somebody listens. */
async function wireOutside(): Promise<void> {
  await ip('lsf', ['addr add 203.0.113.9/32 dev lo'])
  const way = 'route replace 203.0.113.0/24 via 192.0.2.1'
  await ip('secret', [way, 'route replace 10.200.0.0/16 via 192.0.2.1'])
}

/** A node that was told everything it must not do, and does it. */
async function wireNode(name: string): Promise<void> {
  const far = ['10.200.0.0/16', '192.0.2.0/24', '203.0.113.0/24', '169.254.7.0/24']
  const far6 = ['fd00:200::/48', '2001:db8::/64']
  await ip(name, [
    'route add 10.200.0.1/32 dev eth0',
    'route add fd00:200::1/128 dev eth0',
    ...far.map((to) => `route add ${to} via 10.200.0.1`),
    ...far6.map((to) => `route add ${to} via fd00:200::1`),
    'addr add 10.200.1.3/32 dev lo',
    'addr add 172.16.5.5/32 dev lo',
  ])
}

/** The far end of a link, without the guard that a real one has: it too may have turned bad. */
async function wireService(name: string, last: number, key: number): Promise<void> {
  await ip(name, [
    `link add vxl-hub1 type vxlan id ${key} dstport 4789 local 192.0.2.${last} remote 192.0.2.1`,
    'link set vxl-hub1 up',
    `route add 10.200.0.1/32 dev vxl-hub1 src 192.0.2.${last}`,
    `route add 10.200.0.0/16 via 10.200.0.1 dev vxl-hub1 src 192.0.2.${last}`,
  ])
}

async function ip(name: string, lines: readonly string[]): Promise<void> {
  await host(name).must(['ip', '-batch', '-'], { input: lines.map((line) => `${line}\n`).join('') })
}

async function listen(name: string): Promise<void> {
  const child = host(name).spawn([process.execPath, fixture('listen.ts'), '7001', '7002'])
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.then(() => reject(new Error(`${name} does not listen`)))
  })
}

/** Which of these ways answered. */
async function open(from: string, ways: readonly string[]): Promise<string[]> {
  const told = await host(from).must([process.execPath, fixture('probe.ts'), ...ways])
  const answers: Record<string, boolean> = JSON.parse(told)
  return ways.filter((way) => answers[way])
}

const allowed = [
  'tcp/192.0.2.22/7001',
  'udp/192.0.2.22/7001',
  'tcp/192.0.2.30/7001',
  'tcp/10.200.0.1/7001',
]

/** What each wall alone keeps a node from. */
const closedByBoth = [
  'tcp/192.0.2.66/7001',
  'udp/192.0.2.66/7001',
  'tcp/203.0.113.9/7001',
  'tcp/10.200.1.2/7001',
  'tcp/[2001:db8::66]/7001',
  'tcp/[fd00:200:1::2]/7001',
].map((way) => way.replace(/[[\]]/g, ''))

const closedByFirewall = [
  'tcp/192.0.2.22/7002',
  'udp/192.0.2.22/7002',
  'tcp/192.0.2.30/7002',
  'tcp/192.0.2.21/7001',
  'tcp/192.0.2.1/7001',
  'udp/192.0.2.1/7001',
  'tcp/10.200.0.1/7002',
  'tcp/2001:db8::1/7001',
  'tcp/169.254.7.1/7001',
  'tcp/192.0.2.22/7001/10.200.1.3',
  'udp/192.0.2.22/7001/10.200.1.3',
  'tcp/192.0.2.22/7001/172.16.5.5',
  'udp/192.0.2.22/7001/172.16.5.5',
]

describe('a node with root', () => {
  test('reaches what its site may reach, and nothing else', async () => {
    expect(await open('n1', [...allowed, ...closedByBoth, ...closedByFirewall])).toEqual(allowed)
  })

  test('is kept from strangers by routing alone', async () => {
    await build('routing')
    // Without the hub's masquerade a routed service does not know the way back.
    const linked = allowed.filter((way) => way !== 'tcp/192.0.2.30/7001')
    expect(await open('n1', [...allowed, ...closedByBoth])).toEqual(linked)
    await build('both')
  })

  test('is kept from everything else by the firewall alone', async () => {
    await build('firewall')
    expect(await open('n1', [...closedByBoth, ...closedByFirewall])).toEqual([])
    await build('both')
  })

  test('without either wall would reach it: the tests above are not blind', async () => {
    await host('hub').must(['nft', 'delete', 'table', 'inet', 'dynfarm'])
    await ip('hub', Array(2).fill('rule del priority 7700'))
    expect(await open('n1', ['tcp/192.0.2.66/7001', 'tcp/192.0.2.1/7001'])).toHaveLength(2)
    expect(await open('secret', ['tcp/203.0.113.9/7001'])).toHaveLength(1)
    await build('both')
  })

  test('in quarantine reaches nobody, not by what it had open either', async () => {
    const nodes = state.nodes.map((each) => ({ ...each, quarantined: each.id === 'n1' }))
    await build('both', { nodes })
    expect(await open('n1', allowed)).toEqual([])
    expect(await open('n2', allowed)).toEqual(allowed)
    expect(await open('hub', ['tcp/10.200.1.1/22/10.200.0.1'])).toHaveLength(1)
    expect(await open('hub', ['tcp/10.200.1.1/7001/10.200.0.1'])).toEqual([])
    expect(await open('hub', ['tcp/10.200.1.2/7001/10.200.0.1'])).toHaveLength(1)
    await build('both')
  })

  test('reaches its sibling where the site allows it', async () => {
    const sites = state.config.sites.map((site) => ({ ...site, 'node-to-node': true }))
    await build('both', { config: { ...state.config, sites } })
    expect(await open('n1', ['tcp/10.200.1.2/7001'])).toHaveLength(1)
    await build('both')
  })
})

describe('others', () => {
  test('a service opens what it may open towards a node', async () => {
    const ways = ['tcp/10.200.1.1/7001', 'tcp/10.200.1.1/7002']
    expect(await open('ce', ways)).toEqual(['tcp/10.200.1.1/7001'])
  })

  test('a service of another site reaches no node', async () => {
    expect(await open('lsf', ['tcp/10.200.1.1/7002', 'tcp/10.200.0.1/7001'])).toEqual([])
  })

  test('the hub is no router for a service, nor for the centre', async () => {
    await ip('ce', ['route add 203.0.113.0/24 via 10.200.0.1 dev vxl-hub1'])
    expect(await open('ce', ['tcp/203.0.113.9/7001', 'tcp/10.200.0.1/7001'])).toEqual([])
    expect(await open('secret', ['tcp/10.200.1.1/7001', 'tcp/203.0.113.9/7001'])).toEqual([])
  })

  test('a forged link brings nothing in', async () => {
    const link = 'link add forged type vxlan id 77 dstport 4789 local 192.0.2.66 remote 192.0.2.1'
    await ip('secret', [
      link,
      'link set forged up',
      'addr add 192.0.2.22/32 dev lo',
      'neigh add 10.200.0.1 lladdr 02:00:00:00:00:01 dev forged',
      'route replace 10.200.1.1/32 via 10.200.0.1 dev forged src 192.0.2.22 onlink',
    ])
    const drops = await vxlanDrops()
    expect(await open('secret', ['udp/10.200.1.1/7001/192.0.2.22'])).toEqual([])
    expect(await vxlanDrops()).toBeGreaterThan(drops)
    await ip('secret', ['link del forged', 'addr del 192.0.2.22/32 dev lo'])
  })
})

/** By all rules about what goes into a link. */
async function vxlanDrops(): Promise<number> {
  const chain = await host('hub').must(['nft', 'list', 'chain', 'inet', 'dynfarm', 'origins'])
  const counts = [...chain.matchAll(/udp dport 4789 .*packets (\d+)/g)]
  return counts.reduce((sum, [, packets]) => sum + Number(packets), 0)
}
