import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LabHost } from '../lib/lab-host.ts'
import { answers, listen, tcp } from './answers.ts'
import { type Centre, fixture, giveToken, joinService, startCentre, until } from './centre.ts'

/**
 * Two hubs, a service with a link to each, and a site with both families that spreads its nodes over them. To the
 * second hub everything outside is IPv6.
 */
const ce = { ipv4: '192.0.2.22', ipv6: '2001:db8:c::22' }
/** One that can end no link, and one on the first hub. */
const [ui, mon] = ['192.0.2.24', '192.0.2.10']
const one = { ipv4: '10.200.1.1', ipv6: 'fd00:200:1::1' }
const two = { ipv4: '10.200.1.2', ipv6: 'fd00:200:1::2' }
const both = (family: { ipv4: string; ipv6: string }) => [family.ipv4, family.ipv6]

let centre: Centre
let [nodeA, nodeB, service, hub1, hub2]: LabHost[] = []

const farm = {
  nodes: ['10.200.0.0/16', 'fd00:200::/32'],
  'between-hubs': 'vxlan',
  hubs: {
    hub1: {
      public: ['203.0.113.10', '2001:db8:1::10'],
      inner: ['10.200.0.1', 'fd00:200::1'],
      local: ['192.0.2.10', '2001:db8:c::10'],
    },
    hub2: {
      public: '2001:db8:1::11',
      inner: ['10.200.0.2', 'fd00:200::2'],
      local: '2001:db8:c::11',
    },
  },
  tunnels: {
    wg1: { kind: 'wireguard', hub: 'hub1', port: 51820 },
    wg2: { kind: 'wireguard', hub: 'hub2', port: 51820 },
    udp2: { kind: 'openvpn', hub: 'hub2', proto: 'udp', port: 1194 },
    tcp2: { kind: 'openvpn', hub: 'hub2', proto: 'tcp', port: 443 },
  },
  services: {
    ce: {
      address: both(ce),
      names: ['ce01.example.org'],
      link: 'vxlan',
      'from-nodes': ['tcp/9618', 'icmp'],
      'to-nodes': ['tcp/9618', 'icmp'],
    },
    ui: { address: ui, link: 'routed', 'from-nodes': ['tcp/9618'], 'to-nodes': [] },
    mon: {
      ...{ address: mon, link: 'local', hubs: ['hub1'] },
      ...{ 'from-nodes': ['tcp/9619'], 'to-nodes': [] },
    },
  },
}

beforeAll(async () => {
  centre = await startCentre({
    scenario: 'hubs',
    machines: 2,
    hubs: ['hub1', 'hub2'],
    centre: farm,
    site: {
      nodes: ['10.200.1.0/24', 'fd00:200:1::/64'],
      ...{ tunnels: [['wg1', 'wg2'], 'udp2', 'tcp2'], services: ['ce', 'ui', 'mon'], try: '4s' },
    },
  })
  const names = ['os-a', 'os-b', 'ce', 'hub1', 'hub2']
  ;[nodeA, nodeB, service, hub1, hub2] = names.map((name) => centre.lab.host(name))
  await joinService(centre)
  for (const name of ['os-a', 'os-b', 'ce', 'hub1', 'ui']) await listen(centre.lab.host(name))
})

afterAll(async () => {
  if (process.env['SHOW'] !== undefined)
    for (const name of ['hub1', 'hub2', 'ce']) console.log(name, centre?.said(name, 'hub'))
  await centre?.stop()
})

async function on(host: LabHost | undefined, command: string): Promise<string> {
  return (await host?.must(['sh', '-c', command])) ?? ''
}

test('neighbouring nodes begin at different hubs, and have both families', async () => {
  for (const [host, rung] of [
    ['os-a', 'wg1'],
    ['os-b', 'wg2'],
  ] as const) {
    await giveToken(centre, centre.lab.host(host))
    expect(await centre.json(host, ['join'])).toMatchObject({ state: 'ready', rung, problems: [] })
  }
  for (const host of [nodeA, nodeB])
    expect(await answers(host, ...both(ce).map((to) => tcp(to)), tcp(ce.ipv4, 9619))).toEqual({
      [tcp(ce.ipv4)]: true,
      [tcp(ce.ipv6)]: true,
      [tcp(ce.ipv4, 9619)]: false,
    })
})

test('what a service says at the wrong hub finds the node, on the ports of its list alone', async () => {
  expect(await on(service, `ip route get ${two.ipv4}; ip route get ${two.ipv6}`)).not.toMatch(
    'vxl-hub2',
  )
  const ways = [...both(one), ...both(two)]
  expect(await answers(service, ...ways.map((to) => tcp(to)))).toEqual(
    Object.fromEntries(ways.map((to) => [tcp(to), true])),
  )
  expect(await answers(service, tcp(two.ipv4, 9619), tcp(two.ipv6, 9619))).toEqual({
    [tcp(two.ipv4, 9619)]: false,
    [tcp(two.ipv6, 9619)]: false,
  })
})

test('a service that can end no link is reached by every hub, and one on a hub by that', async () => {
  const reached = (isOnHub: boolean) => ({
    [tcp(ui)]: true,
    [tcp(ui, 9619)]: false,
    [tcp(mon, 9619)]: isOnHub,
    [tcp(mon)]: false,
  })
  for (const [host, isOnHub] of [
    [nodeA, true],
    [nodeB, false],
  ] as const)
    expect(await answers(host, ...Object.keys(reached(isOnHub)))).toEqual(reached(isOnHub))
  const host = centre.lab.host('ui')
  await on(host, 'ip route add 10.200.0.0/16 via 192.0.2.10')
  expect(await answers(host, tcp(one.ipv4), tcp(two.ipv4))).toEqual({
    [tcp(one.ipv4)]: false,
    [tcp(two.ipv4)]: false,
  })
})

test('an administrator at one hub reaches the nodes of the other', async () => {
  expect(await answers(hub1, ...both(two).map((to) => tcp(to, 9619)))).toEqual({
    [tcp(two.ipv4, 9619)]: true,
    [tcp(two.ipv6, 9619)]: true,
  })
  expect(await answers(nodeB, tcp('10.200.0.1', 22), tcp('10.200.0.2', 22))).toEqual({
    [tcp('10.200.0.1', 22)]: false,
    [tcp('10.200.0.2', 22)]: false,
  })
})

test('a node that nobody has is told to be unreachable, and no packet goes round', async () => {
  const { stdout = '' } = (await service?.run(['ping', '-c2', '-i0.2', '-w2', '10.200.1.9'])) ?? {}
  expect(stdout).toContain('Destination Host Unreachable')
  expect(stdout).not.toContain('Time to live exceeded')
})

test('nobody but a hub says where nodes are, by the link of the two', async () => {
  const secret = centre.lab.host('secret')
  await on(secret, 'ip addr add 10.200.0.2/32 dev lo; ip route add 10.200.0.1 via 192.0.2.10')
  await secret.must([
    process.execPath,
    fixture('announce.ts'),
    '10.200.0.2',
    '10.200.0.1',
    one.ipv4,
  ])
  const refused = /ip saddr 10.200.0.2 iifname != "hub-hub2" counter packets [1-9]/
  const chain = 'nft list chain inet dynfarm prerouting'
  await until(async () => refused.test(await on(hub1, chain)))
  expect(await on(hub1, `ip route show ${one.ipv4}`)).toContain('dev tun-wg1')
})

const routeTo = async (address: string) => await on(service, `ip route get ${address}`)

test('the service follows its hubs: each node by the hub that it is at', async () => {
  centre.start('ce', ['hub', '--verbose'])
  for (const address of both(two))
    await until(
      async () => (await routeTo(address)).includes('vxl-hub2'),
      () => centre.said('ce', 'hub'),
    )
  expect(await routeTo(one.ipv4)).toContain('vxl-hub1')
  expect(await centre.json('ce', ['join'])).toMatchObject({ changed: false })
})

test('a node that goes to the other hub is followed at once, by both hubs and the service', async () => {
  await centre.dynfarm('os-b', ['down'])
  await block('udp dport 51820 ip6 daddr 2001:db8:1::11 drop')
  expect(await centre.json('os-b', ['join'])).toMatchObject({ rung: 'wg1', state: 'ready' })
  expect(await on(hub2, `ip route show ${two.ipv4}`)).toContain('dev hub-hub1')
  expect(await answers(service, ...both(two).map((to) => tcp(to)))).toEqual({
    [tcp(two.ipv4)]: true,
    [tcp(two.ipv6)]: true,
  })
  expect(await routeTo(two.ipv4)).toContain('vxl-hub1')
})

test('a hub that dies under its nodes: they and the service go to the other', async () => {
  await block('')
  await on(hub1, 'ip link set eth0 down; ip link set eth1 down')
  const joins = ['os-a', 'os-b'].map((host) => centre.json(host, ['join']))
  for (const joined of await Promise.all(joins))
    expect(joined).toMatchObject({ rung: 'wg2', state: 'ready' })
  const ways = [...both(one), ...both(two)].map((to) => tcp(to))
  expect(await answers(service, ...ways)).toEqual(Object.fromEntries(ways.map((to) => [to, true])))
  await until(async () => (await routeTo('10.200.1.9')).includes('vxl-hub2'))
})

test.each([
  ['udp2', 'udp dport 51820 drop'],
  ['tcp2', 'meta l4proto udp drop'],
])('by %s over IPv6 too, both families go through', async (rung, closed) => {
  await block(closed)
  expect(await centre.json('os-a', ['join'])).toMatchObject({ rung, state: 'ready' })
  expect(await answers(nodeA, ...both(ce).map((to) => tcp(to)))).toEqual(
    Object.fromEntries(both(ce).map((to) => [tcp(to), true])),
  )
  expect(await answers(service, ...both(one).map((to) => tcp(to)))).toEqual(
    Object.fromEntries(both(one).map((to) => [tcp(to), true])),
  )
})

test('with the service down its loop leaves it so; and when it is gone, ends', async () => {
  await centre.dynfarm('ce', ['down'])
  await new Promise((resolve) => setTimeout(resolve, 1500))
  expect(await on(service, 'ip -o link')).not.toContain('vxl-')
  expect(await centre.json('ce', ['join'])).toMatchObject({ changed: true, state: 'ready' })
  await until(
    async () => (await routeTo(one.ipv4)).includes('vxl-hub2'),
    () => centre.said('ce', 'hub'),
  )
  await centre.dynfarm('ce', ['leave'])
  await until(async () => centre.said('ce', 'hub').includes('nothing to follow'))
  expect(await on(service, 'ip -o link; ip route; nft list ruleset')).not.toMatch(/vxl-|10\.200/)
})

/** What the Internet lets nobody through by. */
async function block(rule: string): Promise<void> {
  const ruleset = `table inet walls
delete table inet walls
table inet walls { chain forward { type filter hook forward priority -10
${rule}
}
}
`
  await centre.lab.host('internet').must(['nft', '-f', '-'], { input: ruleset })
}
