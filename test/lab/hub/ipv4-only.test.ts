import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cables, dualStack, startCables } from './cables.ts'

/*
 * A centre whose nodes have IPv4 alone, at a hub that has IPv6 all around and forwards it for others. Root on a node
 * uses what every kernel gives its devices, and addresses that it takes.
 */
const { config, nodes } = dualStack
const isIPv4 = (address: string) => !address.includes(':')
const ipv4Only = {
  ...dualStack,
  closed: { ...dualStack.closed, ipv6: false },
  config: {
    ...config,
    nodes: config.nodes.filter(isIPv4),
    hubs: config.hubs.map((hub) => ({ ...hub, inner: hub.inner.filter(isIPv4) })),
  },
  nodes: nodes.map((node) => ({ ...node, addresses: node.addresses.filter(isIPv4) })),
}
const allowed = ['tcp/192.0.2.22/7001', 'udp/192.0.2.22/7001']
/** An address of the hub's own that has nothing to do with dynfarm. */
const unique = 'fd00:77::1'

let cables: Cables
/** By hub device, the address that the kernel gave it. */
let own: Record<'dfa' | 'vxl-ce', string>

beforeAll(async () => {
  cables = await startCables(ipv4Only)
  await cables.ip('hub', [
    `addr add ${unique}/128 dev lo`,
    'route add fd00:200:1::1/128 dev dfa',
    'route add fd00:200:1::2/128 dev dfb',
  ])
  await cables.host('hub').must(['sysctl', '-qw', 'net.ipv6.conf.all.forwarding=1'])
  own = { dfa: await linkLocal('dfa'), 'vxl-ce': await linkLocal('vxl-ce') }
  await leadNode('n1', own.dfa)
  await leadNode('n2', await linkLocal('dfb'))
  await cables.ip('secret', ['route add fd00::/16 via 2001:db8::1'])
})

afterAll(() => cables?.stop())

async function linkLocal(device: string): Promise<string> {
  const shown = await cables.host('hub').must(['ip', '-6', '-o', 'addr', 'show', 'dev', device])
  return /inet6 (fe80:[^/]+)/.exec(shown)?.[1] ?? ''
}

/** Everything of IPv6 by the hub. */
async function leadNode(name: string, by: string): Promise<void> {
  await cables.ip(name, [
    'route del fd00:200::/48',
    `route add fd00::/16 via ${by} dev eth0`,
    `route add 2001:db8::/64 via ${by} dev eth0 metric 1`,
  ])
}

/** What is not the hub's own: each wall alone keeps a node from it. */
const strangers = ['tcp/2001:db8::66/7001', 'udp/2001:db8::66/7001', 'tcp/fd00:200:1::2/7001']
const fromNode = () => [
  ...strangers,
  `tcp/${own.dfa}%eth0/7001`,
  `udp/${own.dfa}%eth0/7001`,
  'udp/ff02::1%eth0/7001',
  'tcp/2001:db8::1/7001',
  `tcp/${unique}/7001`,
  `udp/${unique}/7001`,
]
const fromService = () => [`tcp/${own['vxl-ce']}%vxl-hub1/7001`, 'udp/ff02::1%vxl-hub1/7001']
const fromSecret = ['tcp/fd00:200:1::1/7001']

test('IPv6 is no way out of a tunnel or a link, nor in', async () => {
  expect(await cables.open('n1', [...allowed, ...fromNode()])).toEqual(allowed)
  expect(await cables.open('ce', fromService())).toEqual([])
  expect(await cables.open('secret', fromSecret)).toEqual([])
})

test('nor is it by the firewall alone, nor to strangers by routing alone', async () => {
  await cables.build('firewall')
  expect(await cables.open('n1', fromNode())).toEqual([])
  await cables.build('routing')
  expect(await cables.open('n1', [...allowed, ...strangers])).toEqual(allowed)
})

test('without walls it would be all of that: the tests above are not blind', async () => {
  await cables.build('routing')
  const none = 'while ip -6 rule del priority 7700 2>/dev/null; do :; done'
  await cables.host('hub').must(['sh', '-c', none])
  expect(await cables.open('n1', fromNode())).toEqual(fromNode())
  expect(await cables.open('ce', fromService())).toEqual(fromService())
  expect(await cables.open('secret', fromSecret)).toEqual(fromSecret)
})
