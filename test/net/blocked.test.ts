import { describe, expect, it } from 'vitest'
import { type Network, nothing, type ObservedNetwork } from '../../src/net/network.ts'
import { planNetwork, requireUnblocked } from '../../src/net/plan-network.ts'
import { bareHost, textOf } from './support/observed.ts'

const taken: ObservedNetwork = {
  ...bareHost,
  foreign: {
    ...bareHost.foreign,
    devices: new Map([...bareHost.foreign.devices, ['wg0', { group: 0, mtu: 1420, up: false }]]),
    addresses: [...bareHost.foreign.addresses, { dev: 'lo', address: '10.200.0.1/32' }],
    routes: new Set(['7700 10.200.1.2/32 1', '7700 fd00::2/128 1']),
  },
}

const cases: [string, Partial<Network>, string[]][] = [
  [
    'a device of another maker',
    {
      devices: [{ kind: 'tun', name: 'eth0' }],
      addresses: [],
    },
    ['foreign device eth0: a device of this name is there that dynfarm did not make'],
  ],
  [
    'an address that somebody set',
    { addresses: [{ dev: 'lo', address: '10.200.0.1' }] },
    ['foreign address 10.200.0.1/32 dev lo: it is there, but dynfarm did not set it'],
  ],
  [
    'routes that somebody made, also to another device',
    {
      routes: [
        { table: 7700, to: '10.200.1.2', dev: 'eth0' },
        { table: 7700, to: 'fd00:0::2', unreachable: true },
      ],
    },
    [
      'foreign route to 10.200.1.2/32: table 7700 has a route for it that dynfarm did not make',
      'foreign route to fd00::2/128: table 7700 has a route for it that dynfarm did not make',
    ],
  ],
  [
    'a tunnel that is not there yet, and what stands on it',
    {
      devices: [{ kind: 'external', name: 't1194' }],
      addresses: [{ dev: 't1194', address: '10.200.1.9' }],
      routes: [{ table: 7700, to: '10.200.1.3', dev: 't1194' }],
      settings: [{ dev: 't1194', rpFilter: 2 }],
    },
    [
      'missing device t1194: device "t1194" is not there or not up',
      'missing address 10.200.1.9/32: device "t1194" is not there or not up',
      'missing route to 10.200.1.3/32: device "t1194" is not there or not up',
      'missing settings of t1194: device "t1194" is not there or not up',
    ],
  ],
  [
    'a device that its owner has taken down',
    { routes: [{ table: 7700, to: '10.200.1.3', dev: 'wg0' }] },
    ['missing route to 10.200.1.3/32: device "wg0" is not there or not up'],
  ],
]

describe('blocked', () => {
  it.each(cases)('%s', (_, wanted, expected) => {
    const plan = planNetwork({ ...nothing, ...wanted }, taken)
    expect(plan.blocked.map(({ what, why, cause }) => `${cause} ${what}: ${why}`)).toEqual(expected)
    expect(plan.steps).toEqual([])
  })

  it('does not hold up the rest', () => {
    const routes = [
      { table: 7700, to: '10.200.1.2', dev: 'eth0' },
      { table: 7700, to: '10.200.1.4', dev: 'eth0' },
    ]
    expect(textOf(planNetwork({ ...nothing, routes }, taken))).toBe(
      'ip -4 route add 10.200.1.4/32 dev eth0 table 7700 proto 177 metric 1  # routes through devices',
    )
  })

  it('is an error for who wants all or nothing', () => {
    const addresses = [{ dev: 'lo', address: '10.200.0.1' }]
    expect(() => requireUnblocked(planNetwork({ ...nothing, addresses }, taken))).toThrow(
      expect.objectContaining({
        code: 'network-blocked',
        message: 'address 10.200.0.1/32 dev lo: it is there, but dynfarm did not set it',
      }),
    )
  })
})

describe('a bug of the caller', () => {
  it.each<[string, Partial<Network>]>([
    ['device "x" is wanted twice', { devices: [tun('x'), tun('x')] }],
    [
      'route "254 fd00::/64 1" is wanted twice',
      { routes: [unreachable('fd00::/64'), unreachable('FD00::1/64', 1)] },
    ],
    ['the kernel keeps this device name: "gre0"', { devices: [tun('gre0')] }],
    ['not a device name: "x mtu 9"', { devices: [tun('x mtu 9')] }],
    ['not a device name: "seventeen-letters"', { devices: [tun('seventeen-letters')] }],
    ['not an address: "10.1.1.1/24"', { addresses: [{ dev: 'lo', address: '10.1.1.1/24' }] }],
    ['not a whole number: 1.5', { routes: [{ table: 1.5, to: '::/0', unreachable: true }] }],
  ])('%s', (message, wanted) => {
    expect(() => planNetwork({ ...nothing, ...wanted }, bareHost)).toThrow(message)
  })
})

function tun(name: string) {
  return { kind: 'tun' as const, name }
}

function unreachable(to: string, metric?: number) {
  return { table: 254, to, unreachable: true as const, ...(metric !== undefined && { metric }) }
}
