import fc from 'fast-check'
import type {
  Device,
  DeviceAddress,
  DeviceSettings,
  Network,
  Route,
  Rule,
} from '../../../src/net/network.ts'
import {
  type Chain,
  type Firewall,
  type FirewallRule,
  flowKeys,
  flowTypes,
  type NamedSet,
} from '../../../src/net/nft/firewall.ts'
import { wantedRoute } from '../../../src/net/routes.ts'

/** Few names and numbers, so that two random networks often want the same thing in other ways. */
const names = ['l-one', 'l-two', 'l.three'] as const
const hosts = ['10.200.1.1', '10.200.1.2', 'fd00:200::1', 'fd00:200::2'] as const
const places = [...hosts, '10.200.2.0/24', '0.0.0.0/0', 'fd00:201::/64', '::/0'] as const
const outer = [
  ['192.0.2.1', '192.0.2.2'],
  ['2001:db8::1', '2001:db8::2'],
] as const

/** Of what every kernel has. */
export const networks: fc.Arbitrary<Network> = networksOf(['tun', 'vxlan'])

export const networksWithGre: fc.Arbitrary<Network> = networksOf(['tun', 'vxlan', 'gre'])

function networksOf(kinds: readonly LinkKind[]): fc.Arbitrary<Network> {
  return fc
    .tuple(
      fc.uniqueArray(fc.constantFrom(...names)),
      fc.shuffledSubarray([11, 12, 13], { minLength: 3 }),
    )
    .chain(([used, ids]) =>
      fc.record({
        devices: fc.tuple(...used.map((name, at) => devices({ name, id: ids[at] ?? 0, kinds }))),
        addresses: addresses(['lo', ...used]),
        routes: routes(['lo', ...used]),
        rules: rules(),
        settings: settings(used),
        firewall: firewalls(),
      }),
    )
    .map(({ firewall, ...network }) => ({ ...network, ...(firewall && { firewall }) }))
}

type LinkKind = 'tun' | 'vxlan' | 'gre'

interface Named {
  name: string
  /** The VXLAN's number, or the GRE link's key. */
  id: number
  kinds: readonly LinkKind[]
}

function devices({ name, id, kinds }: Named): fc.Arbitrary<Device> {
  return fc
    .tuple(fc.constantFrom(...kinds), fc.constantFrom(...outer), fc.constantFrom(1280, 1400))
    .map(([kind, [local, remote], mtu]) => {
      if (kind === 'tun') return { kind, name, mtu }
      if (kind === 'gre') return { kind, name, key: id, local, remote, mtu }
      return { kind, name, id, port: 4790, local, remote, mtu }
    })
}

function addresses(devs: readonly string[]): fc.Arbitrary<DeviceAddress[]> {
  return fc.uniqueArray(
    fc.record({ dev: fc.constantFrom(...devs), address: fc.constantFrom(...hosts) }),
    { selector: ({ dev, address }) => `${dev} ${address}`, maxLength: 4 },
  )
}

function routes(devs: readonly string[]): fc.Arbitrary<Route[]> {
  const target = {
    table: fc.constantFrom(254, 7700, 7701),
    to: fc.constantFrom(...places),
    metric: fc.constantFrom(0, 4000),
  }
  const unicast = fc
    .record({
      ...target,
      dev: fc.constantFrom(...devs),
      mtu: fc.option(fc.constantFrom(1280, 1300), { nil: undefined }),
    })
    .map(({ mtu, ...route }) => ({ ...route, ...(mtu !== undefined && { mtu }) }))
  const unreachable = fc.record({ ...target, unreachable: fc.constant(true as const) })
  return fc
    .uniqueArray(fc.oneof(unicast, unreachable), {
      selector: (route) => wantedRoute(route).key,
      maxLength: 10,
    })
    .map((list) => list.filter(keepsLoopback))
}

/** A default route through lo in the main table would say nothing about dynfarm. */
function keepsLoopback(route: Route): boolean {
  return route.table !== 254 || !route.to.endsWith('/0')
}

function rules(): fc.Arbitrary<Rule[]> {
  return fc.uniqueArray(
    fc.oneof(
      fc.record({
        family: fc.constantFrom('ipv4' as const, 'ipv6' as const),
        iif: fc.constantFrom(...names),
        table: fc.constantFrom(7700, 7701),
        priority: fc.constantFrom(7000, 7001),
      }),
      fc.record({
        family: fc.constant('ipv4' as const),
        from: fc.constantFrom('10.0.0.1', '10.0.0.2'),
        table: fc.constant(7703),
        priority: fc.constant(7000),
      }),
    ),
    { selector: (rule) => JSON.stringify(rule), maxLength: 4 },
  )
}

function settings(devs: readonly string[]): fc.Arbitrary<DeviceSettings[]> {
  const one = (dev: string) =>
    fc.record({
      dev: fc.constant(dev),
      rpFilter: fc.constantFrom(0 as const, 2 as const),
      acceptRa: fc.constantFrom(0 as const, 2 as const),
      forward: fc.subarray(['ipv4' as const, 'ipv6' as const]),
    })
  return fc.subarray([...devs]).chain((used) => fc.tuple(...used.map(one)))
}

export function firewalls(): fc.Arbitrary<Firewall | undefined> {
  const firewall = fc.record({ sets: sets(), chains: chains() })
  return fc.option(firewall, { nil: undefined, freq: 4 })
}

/** Every set is there, because rules look them up. */
function sets(): fc.Arbitrary<NamedSet[]> {
  const of = (set: NamedSet, elements: readonly (string | number)[]) =>
    fc.subarray([...elements]).map((some) => ({ ...set, elements: some }))
  return fc.tuple(
    of({ name: 'tunnels', type: 'ifname' }, names),
    of({ name: 'nodes4', type: 'ipv4_addr' }, ['10.200.1.1', '10.200.1.2', '10.200.1.3']),
    of({ name: 'nodes6', type: 'ipv6_addr' }, ['fd00:200::1', 'fd00:200::2']),
    of({ name: 'nets', type: 'ipv4_addr', interval: true }, [
      '10.0.0.0/25',
      '10.0.0.128/25',
      '10.1.0.0-10.1.0.9',
    ]),
    of({ name: 'ports', type: 'inet_service', interval: true }, [22, '80-90', '100-200']),
    fc.constantFrom<NamedSet>(
      { name: 'busy', type: 'ipv4_addr', dynamic: 100 },
      { name: 'busy', type: 'ipv4_addr', dynamic: 200 },
    ),
    fc.constantFrom<NamedSet>(
      { name: 'flows', type: flowTypes.ipv6, dynamic: 100, timeout: 30 },
      { name: 'flows', type: flowTypes.ipv6, dynamic: 100, timeout: 90 },
    ),
  )
}

function chains(): fc.Arbitrary<Chain[]> {
  const hook = fc.record({
    type: fc.constant('filter' as const),
    at: fc.constant('forward' as const),
    priority: fc.constantFrom(-5, 5),
    policy: fc.constantFrom('accept' as const, 'drop' as const),
  })
  const list = fc.array(firewallRules, { maxLength: 5 })
  return fc
    .tuple(hook, list, list, fc.boolean())
    .map(([forward, rules, sub, both]) => [
      { name: 'forward', hook: forward, rules },
      ...(both ? [{ name: 'nodes', rules: sub }] : []),
    ])
}

const firewallRules: fc.Arbitrary<FirewallRule> = fc.constantFrom<FirewallRule>(
  { match: [{ on: 'ct state', in: ['established', 'related'] }], actions: ['accept'] },
  { match: [{ on: 'ct state', in: ['invalid'] }], actions: ['counter', 'drop'] },
  { match: [{ on: 'iifname', in: '@tunnels', not: true }], actions: ['return'] },
  { match: [{ on: 'oifname', in: ['l-one', 'lo'] }], actions: ['accept'], comment: 'to lo' },
  {
    match: [
      { on: 'ip saddr', in: '@nodes4' },
      { on: 'ip daddr', in: ['192.0.2.22', '192.0.2.0/25', '192.0.2.128/25', '198.51.100.1'] },
      { on: 'tcp dport', in: [9618, '8443-8450', 8451] },
    ],
    actions: ['counter', 'accept'],
  },
  {
    match: [
      { on: 'ip6 saddr', in: '@nodes6' },
      { on: 'udp sport', in: [53] },
    ],
    actions: ['drop'],
  },
  { match: [{ on: 'ip saddr', in: '@nets', not: true }], actions: [{ log: 'dynfarm spoof ' }] },
  { match: [{ on: 'udp dport', in: '@ports' }], actions: [{ log: 'flow ', group: 7 }, 'accept'] },
  { match: [{ on: 'icmp type', in: ['echo-request', 'time-exceeded'] }], actions: ['accept'] },
  { match: [{ on: 'icmpv6 type', in: ['packet-too-big'] }], actions: ['accept'] },
  { match: [{ on: 'meta l4proto', in: ['gre', 'tcp', 58] }], actions: ['reject'] },
  { match: [{ on: 'meta nfproto', in: ['ipv6'] }], actions: ['drop'] },
  { match: [{ on: 'fib saddr . iif oif', in: ['missing'] }], actions: ['drop'] },
  {
    match: [
      { on: 'udp dport', in: [4789] },
      { on: '@th,96,24', in: [77] },
    ],
    actions: ['drop'],
  },
  { match: [{ on: flowKeys.ipv6, in: '@flows' }], actions: ['accept'] },
  { actions: [{ remember: 'flows', flow: 'ipv6' }, 'return'] },
  { actions: [{ packets: 'busy', per: 'ip saddr', over: 7 }, 'counter', 'return'] },
  { actions: [{ clampMss: 'path' }] },
  { match: [{ on: 'oifname', in: ['l-two'] }], actions: [{ clampMss: 1340 }] },
  {
    match: [{ on: 'ct state', in: ['new'] }],
    actions: [{ connections: 'busy', per: 'ip saddr', over: 50 }, 'reject'],
  },
)
