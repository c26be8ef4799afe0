import type { HubState } from '../../../src/hub/network/state.ts'
import { type Lab, startLab } from '../lib/lab.ts'
import type { LabHost } from '../lib/lab-host.ts'
import type { HostSpec, Topology } from '../lib/topology.ts'

/*
 * A hub whose tunnels are plain cables, so that nothing but its walls stands between nodes, services and strangers:
 * what a VPN proves of its packets is tested with the VPNs.
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

export const dualStack: Omit<HubState, 'seats' | 'ways'> = {
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
      service('ce', 22, ['tcp/7001', 'udp/7001', 'tcp/7003'], ['tcp/7001']),
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

/** What is otherwise than in the hub's state as it was given. */
export type Change = Partial<Omit<HubState, 'seats' | 'ways'>> & { seats?: [] }

export class Cables {
  readonly lab: Lab
  readonly #state: Omit<HubState, 'seats' | 'ways'>

  constructor(lab: Lab, state: Omit<HubState, 'seats' | 'ways'>) {
    this.lab = lab
    this.#state = state
  }

  host(name: string): LabHost {
    return this.lab.host(name)
  }

  /** The walls again, from the hub's state with some of it changed. */
  async build(walls: 'both' | 'routing' | 'firewall', change: Change = {}): Promise<void> {
    const input = JSON.stringify({ state: { ...this.#state, seats, ways, ...change }, walls })
    const argv = [process.execPath, `${here}../lib/hub-network.ts`]
    const said = await this.host('hub').must(argv, { input })
    if (!said.includes('planned again: 0 steps')) throw new Error(said)
  }

  async ip(name: string, lines: readonly string[]): Promise<void> {
    const input = lines.map((line) => `${line}\n`).join('')
    await this.host(name).must(['ip', '-batch', '-'], { input })
  }

  /** Which of these ways answered. */
  async open(from: string, ways: readonly string[]): Promise<string[]> {
    const told = await this.host(from).must([process.execPath, fixture('probe.ts'), ...ways])
    const answers: Record<string, boolean> = JSON.parse(told)
    return ways.filter((way) => answers[way])
  }

  async stop(): Promise<void> {
    await this.lab.stop()
  }
}

export async function startCables(state: Omit<HubState, 'seats' | 'ways'>): Promise<Cables> {
  const cables = new Cables(await startLab({ name: 'walls', scenario: topology }), state)
  try {
    await cables.build('both')
    await Promise.all(['n1', 'n2'].map((name) => wireNode(cables, name)))
    await Promise.all([
      wireService(cables, { name: 'ce', last: 22, key: 77 }),
      wireService(cables, { name: 'lsf', last: 21, key: 78 }),
      wireOutside(cables),
    ])
    const all = ['hub', 'ce', 'lsf', 'nas', 'secret', 'n1', 'n2']
    await Promise.all(all.map((name) => listen(cables.host(name))))
    return cables
  } catch (error) {
    await cables.stop()
    throw error
  }
}

/** The centre's way to a stranger outside, at the far side of which somebody listens. */
async function wireOutside(cables: Cables): Promise<void> {
  await cables.ip('lsf', ['addr add 203.0.113.9/32 dev lo'])
  const way = 'route replace 203.0.113.0/24 via 192.0.2.1'
  await cables.ip('secret', [way, 'route replace 10.200.0.0/16 via 192.0.2.1'])
}

/** A node that was told everything it must not do, and does it. */
async function wireNode(cables: Cables, name: string): Promise<void> {
  const far = ['10.200.0.0/16', '192.0.2.0/24', '203.0.113.0/24', '169.254.7.0/24']
  const far6 = ['fd00:200::/48', '2001:db8::/64']
  await cables.ip(name, [
    'route add 10.200.0.1/32 dev eth0',
    'route add fd00:200::1/128 dev eth0',
    ...far.map((to) => `route add ${to} via 10.200.0.1`),
    ...far6.map((to) => `route add ${to} via fd00:200::1`),
    'addr add 10.200.1.3/32 dev lo',
    'addr add 172.16.5.5/32 dev lo',
  ])
}

/** The far end of a link, without the guard that a real one has: it too may have turned bad. */
async function wireService(
  cables: Cables,
  { name, last, key }: { name: string; last: number; key: number },
): Promise<void> {
  await cables.ip(name, [
    `link add vxl-hub1 type vxlan id ${key} dstport 4789 local 192.0.2.${last} remote 192.0.2.1`,
    'link set vxl-hub1 up',
    `route add 10.200.0.1/32 dev vxl-hub1 src 192.0.2.${last}`,
    `route add 10.200.0.0/16 via 10.200.0.1 dev vxl-hub1 src 192.0.2.${last}`,
  ])
}

async function listen(host: LabHost): Promise<void> {
  const child = host.spawn([process.execPath, fixture('listen.ts'), '7001', '7002'])
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => resolve())
    child.then(() => reject(new Error(`${host.name} does not listen`)))
  })
}
