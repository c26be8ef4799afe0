import { beforeAll, describe, expect, it } from 'vitest'
import { observeNetwork } from '../../../src/client/observe-network.ts'
import { type Network, nothing } from '../../../src/net/network.ts'
import { planNetwork } from '../../../src/net/plan-network.ts'
import { breakSteps, runSteps } from '../../net/support/apply.ts'
import { snapshot } from '../../net/support/host.ts'
import { type Namespace, sweepNamespaces, withNamespace } from './namespace.ts'

beforeAll(sweepNamespaces)

const hub: Network = {
  devices: [
    { kind: 'tun', name: 't1', mtu: 1400 },
    {
      kind: 'vxlan',
      name: 'vx',
      id: 5,
      port: 4790,
      local: '192.0.2.1',
      remote: '192.0.2.2',
      mtu: 1380,
    },
  ],
  addresses: [
    { dev: 'lo', address: '10.200.0.1' },
    { dev: 't1', address: '10.200.0.2' },
    { dev: 'lo', address: 'fd00:200::1' },
  ],
  routes: [
    { table: 7700, to: '10.200.1.2', dev: 't1', src: '10.200.0.1', mtu: 1300 },
    { table: 7700, to: '10.200.1.2', metric: 4000, unreachable: true },
    { table: 7700, to: 'fd00:200::2', dev: 'vx', src: 'fd00:200::1' },
    { table: 7700, to: '::/0', unreachable: true },
  ],
  rules: [{ family: 'ipv4', iif: 't1', table: 7700, priority: 7000 }],
  settings: [{ dev: 'vx', rpFilter: 2, acceptRa: 0, forward: ['ipv4', 'ipv6'] }],
  firewall: {
    sets: [
      { name: 'nodes', type: 'ipv4_addr', elements: ['10.200.1.2', '10.200.1.3'] },
      { name: 'busy', type: 'ipv4_addr', dynamic: 100 },
    ],
    chains: [
      {
        name: 'forward',
        hook: { type: 'filter', at: 'forward', priority: -5, policy: 'drop' },
        rules: [
          { match: [{ on: 'ct state', in: ['established', 'related'] }], actions: ['accept'] },
          { match: [{ on: 'ip saddr', in: '@nodes' }], actions: ['counter', 'accept'] },
          { match: [{ on: 'iifname', in: ['t1'] }], actions: ['drop'] },
        ],
      },
    ],
  },
}

/** What dynfarm would never make, and so has no words for, no undo brings back; nor what stood on it. */
const strange = 'strange'
const lost = 'lost'

const hands: [hand: string, command: string, strange?: string][] = [
  [
    'deletes a rule of the firewall',
    'nft -a list chain inet dynfarm forward | sed -n "s/.*drop # handle //p" | grep -v policy | xargs nft delete rule inet dynfarm forward handle',
  ],
  ['adds a rule', 'nft insert rule inet dynfarm forward accept'],
  [
    'changes a rule',
    'nft replace rule inet dynfarm forward handle $(nft -a list chain inet dynfarm forward | sed -n "s/.*@nodes.*handle //p") ip saddr != @nodes accept',
  ],
  [
    'adds a rule that dynfarm has no words for',
    'nft add rule inet dynfarm forward ip ttl 5 limit rate 1/second accept',
    strange,
  ],
  [
    'takes an element away and puts another in',
    'nft delete element inet dynfarm nodes { 10.200.1.2 }; nft add element inet dynfarm nodes { 10.66.0.1 }',
  ],
  ['opens the policy', 'nft chain inet dynfarm forward { policy accept\\; }'],
  ['puts the table to sleep', 'nft add table inet dynfarm { flags dormant\\; }', strange],
  [
    'adds chains, sets and maps',
    'nft add chain inet dynfarm mine; nft add set inet dynfarm mine { type mark\\; }; nft add map inet dynfarm m { type ipv4_addr : verdict\\; }; nft add counter inet dynfarm c',
    strange,
  ],
  ['deletes the table', 'nft delete table inet dynfarm'],
  ['flushes all rules', 'nft flush ruleset'],
  ['takes a device down', 'ip link set t1 down'],
  ['deletes a device', 'ip link del vx'],
  ['changes an mtu', 'ip link set vx mtu 1300'],
  ['makes a link learn', 'ip link set vx type vxlan learning', lost],
  [
    'deletes an address, and the kernel the routes of its device',
    'ip addr del 10.200.0.2/32 dev t1',
  ],
  ['adds an address', 'ip addr add 10.66.0.1/24 dev t1; ip addr add fd66::1/64 dev vx', strange],
  [
    'deletes the inner addresses',
    'ip addr flush dev lo to 10.200.0.0/16; ip addr del fd00:200::1/128 dev lo',
  ],
  ['flushes the table', 'ip route flush table 7700; ip -6 route flush table 7700'],
  ['turns a route', 'ip route replace 10.200.1.2 dev vx table 7700 metric 1 proto 177'],
  ['opens what is closed', 'ip route replace 10.200.1.2 dev vx table 7700 metric 4000 proto 177'],
  [
    'appends a route beside ours',
    'ip route append 10.200.1.2 dev vx table 7700 metric 1 proto 177',
    strange,
  ],
  ['deletes the rule', 'ip rule del priority 7000'],
  ['adds a rule with our mark', 'ip rule add iif vx lookup 7702 priority 6000 protocol 177'],
  ['changes a setting', 'sysctl -q -w net.ipv4.conf.vx.rp_filter=1 net.ipv4.conf.vx.forwarding=0'],
]

describe('a foreign hand', () => {
  it.each(hands)('%s, and the next plan puts it right', async (_, command, kind) => {
    await withNamespace('drift', async (host) => {
      const before = await settle(host)
      host.sh(command)
      expect(snapshot(await observeNetwork(host.machine))).not.toEqual(before)
      const found = snapshot(await observeNetwork(host.machine))
      const steps = await planFor(hub, host)
      for (let at = 1; at <= steps.length && kind !== lost; at++) {
        const error = await breakSteps(host.machine, steps, { at, how: 'fails after' })
        expect(error).not.toHaveProperty('code', 'undo-failed')
        if (kind === strange) continue
        expect(snapshot(await observeNetwork(host.machine))).toEqual(found)
      }
      await runSteps(host.machine, await planFor(hub, host))
      expect(await planFor(hub, host)).toEqual([])
      expect(snapshot(await observeNetwork(host.machine))).toEqual(before)
    })
  })
})

it('what others have stays, in every table and family', async () => {
  await withNamespace('others', async (host) => {
    host.sh(`
      ip tuntap add dev mine mode tun; ip link set mine up
      ip addr add 10.66.0.1/24 dev mine; ip addr add 10.66.1.1/32 dev lo
      ip route add 10.67.0.0/16 dev mine table 7700; ip -6 route add fd67::/64 dev mine table 7700
      ip route add unreachable 10.68.0.0/16 proto 178
      ip rule add iif t1 lookup 7700 priority 7000; ip -6 rule add to fd67::/64 lookup 7700
      nft add table inet other; nft add chain inet other c; nft add table ip dynfarm
    `)
    const tell = () =>
      host.sh(
        'ip -d addr show mine; ip addr show lo; ip route show table all; ip -6 route show table all; ip rule; ip -6 rule; nft list ruleset',
      )
    const before = tell()
    await settle(host)
    await runSteps(host.machine, await planFor(nothing, host))
    expect(tell()).toBe(before)
  })
})

it('a device of another maker joins, and goes last', async () => {
  await withNamespace('external', async (host) => {
    host.sh('ip link add wg0 mtu 1420 type veth peer name other; ip link set other up')
    const found = snapshot(await observeNetwork(host.machine))
    const network: Network = {
      ...nothing,
      devices: [{ kind: 'external', name: 'wg0', mtu: 1380 }],
      addresses: [{ dev: 'wg0', address: '10.200.0.1' }],
      routes: [{ table: 7700, to: '10.200.1.2', dev: 'wg0', src: '10.200.0.1' }],
      rules: [{ family: 'ipv4', iif: 'wg0', table: 7700, priority: 7000 }],
    }
    const joining = await planFor(network, host)
    await breakSteps(host.machine, joining, { at: joining.length, how: 'fails after' })
    expect(snapshot(await observeNetwork(host.machine))).toEqual(found)
    await runSteps(host.machine, joining)
    expect(await planFor(network, host)).toEqual([])

    const joined = snapshot(await observeNetwork(host.machine))
    const leaving = await planFor(nothing, host)
    for (let at = 1; at < leaving.length; at++) {
      await breakSteps(host.machine, leaving, { at, how: 'fails after' })
      expect(snapshot(await observeNetwork(host.machine))).toEqual(joined)
    }
    await runSteps(host.machine, leaving)
    expect(host.sh('ip -br link')).not.toContain('wg0')
    expect(await planFor(nothing, host)).toEqual([])
  })
})

it('forwarding is taken back on every device, also where IPv6 knows only all', async () => {
  await withNamespace('forward', async (host) => {
    host.sh('ip link add e0 type veth peer name e1; ip link set e0 up; ip link set e1 up')
    host.sh('sysctl -q -w net.ipv6.conf.e1.forwarding=1 net.ipv4.conf.e0.rp_filter=1')
    const found = snapshot(await observeNetwork(host.machine))
    const network: Network = {
      ...nothing,
      devices: [{ kind: 'external', name: 'e0' }],
      settings: [{ dev: 'e0', rpFilter: 2, forward: ['ipv4', 'ipv6'] }],
    }
    const steps = await planFor(network, host)
    await breakSteps(host.machine, steps, { at: steps.length, how: 'fails after' })
    expect(snapshot(await observeNetwork(host.machine))).toEqual(found)
    await runSteps(host.machine, steps)
    expect(await planFor(network, host)).toEqual([])
  })
})

it('ten thousand nodes come and go in a few batches', { timeout: 60_000 }, async () => {
  await withNamespace('many', async (host) => {
    const nodes = Array.from({ length: 10_000 }, (_, n) => `10.200.${n >> 8}.${n & 255}`)
    const routes = nodes.flatMap((to) => [
      { table: 7700, to, dev: 't1' },
      { table: 7700, to, metric: 4000, unreachable: true as const },
    ])
    const sets = [{ name: 'nodes', type: 'ipv4_addr' as const, elements: nodes }]
    const devices = [{ kind: 'tun' as const, name: 't1' }]
    const many: Network = { ...nothing, devices, routes, firewall: { sets, chains: [] } }
    const steps = await planFor(many, host)
    expect(steps.map(({ argv }) => argv.join(' '))).toEqual([
      'nft -f -',
      'ip -4 -batch -',
      'ip -batch -',
      'ip -4 -batch -',
    ])
    await runSteps(host.machine, steps)
    expect(await planFor(many, host)).toEqual([])
    await runSteps(host.machine, await planFor(nothing, host))
    expect(await planFor(nothing, host)).toEqual([])
  })
})

async function settle(host: Namespace): Promise<unknown> {
  await runSteps(host.machine, await planFor(hub, host))
  return snapshot(await observeNetwork(host.machine))
}

async function planFor(network: Network, { machine }: Namespace) {
  const { steps, blocked } = planNetwork(network, await observeNetwork(machine))
  expect(blocked).toEqual([])
  return steps
}
