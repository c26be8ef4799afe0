import { describe, expect, test } from 'vitest'
import { closedUplinks, followClosed } from '../../src/hub/closed.ts'
import { concernsFirewall, concernsNetwork } from '../../src/hub/kernel-watch.ts'
import { rosterOf } from '../../src/hub/roster.ts'
import { seatsInForce, seatsOf } from '../../src/hub/round.ts'
import { Said } from '../../src/hub/said.ts'
import { Wake } from '../../src/hub/wake.ts'
import { parseWay } from '../../src/hub/ways.ts'
import { bareHost } from '../../src/net/network.ts'
import { wantedRoute } from '../../src/net/routes.ts'
import { config, feedNode, known } from './records.ts'

describe('what the host did not forward before', () => {
  const devices = new Map(['eth0', 'eth1'].map((name) => [name, { group: 0, mtu: 1500, up: true }]))
  const host = (sysctls: Record<string, string>) => ({
    sysctls: new Map(Object.entries(sysctls)),
    foreign: { ...bareHost.foreign, devices },
  })
  const off = host({ 'net/ipv4/conf/eth0/forwarding': '0', 'net/ipv6/conf/all/forwarding': '0' })
  const on = host({ 'net/ipv4/conf/eth0/forwarding': '1', 'net/ipv6/conf/all/forwarding': '1' })

  test('is remembered after dynfarm switched it on, until the next boot', () => {
    const first = followClosed(undefined, off, 'boot1')
    expect(first).toEqual({ boot: 'boot1', ipv4: ['eth0'], ipv6: true })
    expect(followClosed(first, on, 'boot1')).toEqual(first)
    expect(followClosed(first, on, 'boot2')).toEqual({ boot: 'boot2', ipv4: [], ipv6: false })
  })

  test('is not what forwarded from the beginning', () => {
    expect(followClosed(undefined, on, 'b')).toEqual({ boot: 'b', ipv4: [], ipv6: false })
  })

  test('matters where the hub lets packets in itself', () => {
    const closed = { ipv4: ['eth0', 'eth1'], ipv6: true }
    expect(closedUplinks(closed, ['eth1'])).toEqual({ ipv4: ['eth1'], ipv6: true })
  })
})

test.each([
  [
    'by a neighbour',
    '[{"dst":"192.0.2.30","dev":"eth1","prefsrc":"192.0.2.10"}]',
    { device: 'eth1' },
  ],
  [
    'by a router',
    '[{"dst":"x","gateway":"192.0.2.1","dev":"eth1"}]',
    { device: 'eth1', via: '192.0.2.1' },
  ],
  ['to the hub itself', '[{"type":"local","dst":"x","dev":"lo"}]', undefined],
  ['to nowhere', '[{"type":"unreachable","dst":"x","dev":"lo"}]', undefined],
  ['by a tunnel', '[{"dst":"x","dev":"tun-wg"}]', undefined],
  ['by a link', '[{"dst":"x","dev":"gr2-ce"}]', undefined],
  ['of which nothing is told', '', undefined],
])('a way %s', (_, output, way) => {
  expect(parseWay(output)).toEqual(way)
})

test.each([
  ['Deleted 10.200.1.1 dev tun-wg proto 177 metric 1', true],
  ['Deleted 7700: from all iif tun-wg lookup 7700 proto 177', true],
  ['10.200.1.1 dev tun-wg proto 177 metric 1', false],
  ['10.200.1.1 dev tun-wg proto 3 metric 0', true],
  ['7: tun-wg: <POINTOPOINT,NOARP> mtu 1420 state DOWN group 177', true],
  ['Deleted 7: tun-wg: <POINTOPOINT,NOARP> mtu 1420 state DOWN group 177', true],
  ['ipv4 dev vxl-ce forwarding off rp_filter strict', true],
  ['Deleted 10.9.0.0/16 dev eth0 proto 3', false],
  ['192.0.2.0/24 dev eth1 proto 2', false],
  ['fe80::1 dev eth0 proto 1770', false],
])('a line of ip monitor concerns dynfarm: %s %s', (line, expected) => {
  expect(concernsNetwork(line)).toBe(expected)
})

test('of nft, only its own table does', () => {
  expect(concernsFirewall('delete table inet dynfarm')).toBe(true)
  expect(concernsFirewall('add rule inet filter input accept')).toBe(false)
})

describe('seats', () => {
  const { nodes } = rosterOf(known(feedNode(1), feedNode(2)))
  const nodeAt = (address: string) => nodes.find((node) => node.addresses.includes(address))

  test('stand in the kernel’s routes, where the hub process died', () => {
    const routes = [
      { table: 254, to: '10.200.0.1', dev: 'tun-wg', mtu: 1300 },
      { table: 7701, to: '10.200.0.2', dev: 'tun-wg' },
      { table: 254, to: '10.200.0.9', dev: 'tun-wg' },
      { table: 254, to: '10.200.0.2', unreachable: true, metric: 9 },
      { table: 254, to: '10.200.0.2', dev: 'eth0' },
    ] as const
    const found = seatsInForce({ routes: routes.map((route) => wantedRoute(route)) }, nodeAt)
    expect([...found]).toEqual([['n1', { rung: 'wg', mtu: 1300 }]])
  })

  test('are on tunnels that there are', () => {
    const seats = new Map([
      ['n1', { rung: 'wg', mtu: 1300, at: 1 }],
      ['n2', { rung: 'gone', at: 1 }],
    ])
    expect([...seatsOf(seats, config)]).toEqual([['n1', { device: 'tun-wg', mtu: 1300 }]])
  })
})

test('a trouble is told once as long as it lasts, and again when it comes back', () => {
  const told: string[] = []
  const said = new Said({ warn: (text) => told.push(text) })
  for (const troubles of [['a'], ['a', 'b'], ['b', 'b'], ['a']]) said.tell(troubles)
  expect(told).toEqual(['a', 'b', 'a'])
})

describe('waking', () => {
  const end = new AbortController().signal

  test('before the sleep is not forgotten, and counts once', async () => {
    const wake = new Wake()
    wake.wake()
    wake.wake()
    await wake.next(1e9, end)
    const second = wake.next(1e9, end)
    wake.wake()
    await second
  })

  test('comes with the end, whenever that is', async () => {
    const ending = new AbortController()
    const sleeping = new Wake().next(1e9, ending.signal)
    ending.abort()
    await sleeping
    await new Wake().next(1e9, ending.signal)
  })

  test('comes by itself in time', async () => {
    await new Wake().next(1, end)
  })
})
