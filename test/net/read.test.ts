import { describe, expect, it } from 'vitest'
import { parseNetwork, type Readings } from '../../src/net/read.ts'

const empty: Readings = {
  devices: '',
  routes4: '',
  routes6: '',
  rules4: '',
  rules6: '',
  firewall: '',
  sysctls: '',
}

function parse(readings: Partial<Record<keyof Readings, unknown>>) {
  const texts = Object.entries(readings).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ])
  return parseNetwork({ ...empty, ...Object.fromEntries(texts) })
}

describe('devices', () => {
  const gre = {
    local: '192.0.2.1',
    remote: '192.0.2.2',
    ttl: 64,
    pmtudisc: true,
    ikey: '0.0.1.2',
    okey: '0.0.1.2',
  }

  it.each<[string, object, object]>([
    [
      'gre',
      { info_kind: 'gre', info_data: { ...gre, link: 'eth0' } },
      { kind: 'gre', local: '192.0.2.1', remote: '192.0.2.2', key: 258, dev: 'eth0' },
    ],
    [
      'ip6gre',
      {
        info_kind: 'ip6gre',
        info_data: { local: '2001:db8::1', remote: '2001:db8:0::2', ttl: 64 },
      },
      { kind: 'gre', local: '2001:db8::1', remote: '2001:db8::2' },
    ],
    [
      'a high key',
      { info_kind: 'gre', info_data: { ...gre, ikey: '255.0.0.1', okey: '255.0.0.1' } },
      { kind: 'gre', local: '192.0.2.1', remote: '192.0.2.2', key: 0xff000001 },
    ],
    [
      'two keys',
      { info_kind: 'gre', info_data: { ...gre, okey: '0.0.1.3' } },
      { kind: 'external' },
    ],
    [
      'gre to anybody',
      { info_kind: 'gre', info_data: { ...gre, remote: 'any' } },
      { kind: 'external' },
    ],
    [
      'gre of another ttl',
      { info_kind: 'gre', info_data: { ...gre, ttl: 0 } },
      { kind: 'external' },
    ],
    [
      'vxlan',
      {
        info_kind: 'vxlan',
        info_data: {
          id: 5,
          port: 4789,
          local: '192.0.2.1',
          remote: '192.0.2.2',
          ttl: 64,
          learning: false,
        },
      },
      { kind: 'vxlan', id: 5, port: 4789, local: '192.0.2.1', remote: '192.0.2.2' },
    ],
    [
      'vxlan over IPv6',
      {
        info_kind: 'vxlan',
        info_data: {
          id: 5,
          port: 4789,
          local6: '2001:db8::1',
          remote6: '2001:db8::2',
          ttl: 64,
          learning: false,
        },
      },
      { kind: 'vxlan', id: 5, port: 4789, local: '2001:db8::1', remote: '2001:db8::2' },
    ],
    [
      'vxlan that learns',
      {
        info_kind: 'vxlan',
        info_data: {
          id: 5,
          port: 4789,
          local: '192.0.2.1',
          remote: '192.0.2.2',
          ttl: 64,
          learning: true,
        },
      },
      { kind: 'external' },
    ],
    [
      'tun',
      { info_kind: 'tun', info_data: { type: 'tun', persist: true, user: 'dynfarm' } },
      { kind: 'tun', user: 'dynfarm' },
    ],
    [
      "a daemon's tun",
      { info_kind: 'tun', info_data: { type: 'tun', persist: false } },
      { kind: 'external' },
    ],
    ['wireguard', { info_kind: 'wireguard' }, { kind: 'wireguard' }],
  ])('%s', (_, linkinfo, device) => {
    const devices = [{ ifname: 'x', mtu: 1400, group: '177', flags: ['UP'], linkinfo }, {}]
    expect(parse({ devices }).devices).toEqual([{ name: 'x', mtu: 1400, up: true, ...device }])
  })

  it('of others are known by name, also without a group', () => {
    const devices = [
      { ifname: 'eth0', mtu: 1500, group: 'default', flags: ['UP'] },
      { ifname: 'lxc:1', mtu: 1500, group: '5' },
      { ifname: 'old', mtu: 1500 },
    ]
    expect([...parse({ devices }).foreign.devices]).toEqual([
      ['eth0', { group: 0, mtu: 1500, up: true }],
      ['lxc:1', { group: 5, mtu: 1500, up: false }],
      ['old', { group: 0, mtu: 1500, up: false }],
    ])
  })
})

it('addresses are own by device or by metric, and fe80:: are the kernel’s', () => {
  const at = (local: string, prefixlen: number, metric?: number) => ({
    local,
    prefixlen,
    ...(metric && { metric }),
  })
  const devices = [
    {
      ifname: 'lo',
      mtu: 1,
      addr_info: [at('127.0.0.1', 8), at('10.200.0.1', 32, 177), at('fd00::0:1', 128, 177)],
    },
    {
      ifname: 't1',
      mtu: 1,
      group: '177',
      addr_info: [at('10.9.0.1', 24), at('fe80::1', 64), at('fe80::2', 128, 177), {}],
    },
  ]
  const { addresses, foreign } = parse({ devices })
  expect(addresses.map(({ dev, address }) => `${dev} ${address}`)).toEqual([
    'lo 10.200.0.1/32',
    'lo fd00::1/128',
    't1 10.9.0.1/24',
    't1 fe80::2/128',
  ])
  expect(foreign.addresses).toEqual([{ dev: 'lo', address: '127.0.0.1/8' }])
})

describe('routes', () => {
  it.each<[string, 'routes4' | 'routes6', object, object]>([
    [
      'default',
      'routes4',
      {
        type: '1',
        dst: 'default',
        dev: 'eth0',
        gateway: '192.0.2.254',
        table: '7700',
        protocol: '177',
        flags: [],
      },
      { table: 7700, to: '0.0.0.0/0', metric: 0, dev: 'eth0', via: '192.0.2.254' },
    ],
    [
      'everything in IPv6',
      'routes6',
      {
        type: 'unreachable',
        dst: 'default',
        dev: 'lo',
        table: '7700',
        protocol: '177',
        metric: 1024,
      },
      { table: 7700, to: '::/0', metric: 1024, unreachable: true },
    ],
    [
      'a host, of the main table without a name',
      'routes4',
      {
        dst: '10.1.2.3',
        dev: 't1',
        protocol: '177',
        prefsrc: '10.0.0.1',
        metrics: [{ mtu: 1400 }],
      },
      { table: 254, to: '10.1.2.3/32', metric: 0, dev: 't1', src: '10.0.0.1', mtu: 1400 },
    ],
    [
      'a host in IPv6 without a metric',
      'routes6',
      { dst: 'FD00:0::5', dev: 't1', protocol: '177', table: 'main' },
      { table: 254, to: 'fd00::5/128', metric: 1024, dev: 't1' },
    ],
    [
      'unreachable',
      'routes4',
      { type: '7', dst: '10.0.0.0/8', table: '7700', protocol: '177', metric: 4000 },
      { table: 7700, to: '10.0.0.0/8', metric: 4000, unreachable: true },
    ],
  ])('%s', (_, reading, json, route) => {
    const [own] = parse({ [reading]: [json] }).routes
    expect(own).toEqual({ ...route, key: expect.any(String) })
  })

  it('that outlast a start of systemd-networkd are known by their metric, and nothing else of the kernel is', () => {
    const lasting = { type: '7', dst: '10.0.0.1', table: '254', protocol: '2', metric: 4273 }
    const others = [
      { ...lasting, metric: 4096 },
      { ...lasting, type: '1', dev: 'eth0' },
      { ...lasting, protocol: '177' },
    ]
    const { routes, foreign } = parse({ routes4: [lasting] })
    expect(routes).toEqual([
      { table: 254, to: '10.0.0.1/32', metric: 4273, unreachable: true, key: expect.any(String) },
    ])
    expect(foreign.routes.size).toBe(0)
    for (const other of others) expect(parse({ routes4: [other] }).routes).toEqual([])
  })

  it('of others are known by their place', () => {
    const routes4 = [
      {
        type: '1',
        dst: 'default',
        gateway: '192.0.2.254',
        dev: 'eth0',
        table: '254',
        protocol: '16',
        metric: 100,
      },
    ]
    const routes6 = [
      { type: '1', dst: 'fe80::/64', dev: 'eth0', table: '254', protocol: '2', metric: 256 },
    ]
    const { routes, foreign } = parse({ routes4, routes6 })
    expect(routes).toEqual([])
    expect([...foreign.routes]).toEqual(['254 0.0.0.0/0 100', '254 fe80::/64 256'])
  })
})

it.each([
  { type: '6', dst: '10.0.0.1', table: '7700', protocol: '177' },
  { type: 'unicast', dst: '10.0.0.1', table: '7700', protocol: '177', nexthops: [{ dev: 'a' }] },
])('a route that dynfarm never makes is foreign: %j', (json) => {
  const { routes, foreign } = parse({ routes4: [json] })
  expect(routes).toEqual([])
  expect([...foreign.routes]).toEqual(['7700 10.0.0.1/32 0'])
})

it('rules are own when they have our protocol and nothing beside a device or a source', () => {
  const own = { priority: 7000, src: 'all', iif: 't1', table: '7700', protocol: '177' }
  const rules4 = [
    { priority: 0, src: 'all', table: '255', protocol: '2' },
    { ...own, iif_detached: null },
    { ...own, protocol: '0' },
    { ...own, fwmark: '0x1' },
    { ...own, src: '10.0.0.0', srclen: 8 },
    { ...own, src: '10.0.0.1' },
    { priority: 7000, src: '10.0.0.1', table: '7703', protocol: '177' },
    { priority: 7000, src: '10.0.0.0', srclen: 8, table: '7703', protocol: '177' },
    { priority: 7000, src: 'all', table: '7703', protocol: '177' },
  ]
  expect(parse({ rules4 }).rules).toEqual([
    { family: 'ipv4', iif: 't1', table: 7700, priority: 7000 },
    { family: 'ipv4', from: '10.0.0.1', table: 7703, priority: 7000 },
  ])
})

it('settings keep the dot of a device', () => {
  const sysctls =
    'net/ipv4/conf/all/rp_filter:0\nnet/ipv4/conf/eth0.100/rp_filter:2\n\nsomething else\n'
  expect([...parse({ sysctls }).sysctls]).toEqual([
    ['net/ipv4/conf/all/rp_filter', '0'],
    ['net/ipv4/conf/eth0.100/rp_filter', '2'],
  ])
})

it('finds the gateways of the machine, of every path, and of no other table', () => {
  const routes4 = [
    { dst: 'default', gateway: '10.0.2.1', dev: 'eth0', table: 'main' },
    { dst: 'default', metric: 200, nexthops: [{ gateway: '10.0.3.1' }, { gateway: '10.0.4.1' }] },
    { dst: 'default', gateway: '10.0.5.1', dev: 'eth0', table: '100' },
    { dst: '10.9.0.0/16', gateway: '10.0.2.9', dev: 'eth0' },
    { dst: 'default', dev: 'ppp0', metric: 300 },
  ]
  const routes6 = [{ dst: 'default', gateway: 'fe80::1', dev: 'eth0', table: '254' }]
  expect(parse({ routes4, routes6 }).foreign.gateways).toEqual([
    ...['10.0.2.1', '10.0.3.1', '10.0.4.1', 'fe80::1'],
  ])
})
