import { describe, expect, it } from 'vitest'
import { type Device, nothing, type ObservedDevice } from '../../src/net/network.ts'
import { renderFirewall } from '../../src/net/nft/ruleset.ts'
import { planNetwork } from '../../src/net/plan-network.ts'
import { bareHost, textOf, undoText } from './support/observed.ts'

const keyed: Device = {
  kind: 'gre',
  name: 'gre-ce',
  local: '192.0.2.10',
  remote: '192.0.2.22',
  key: 0xc0000201,
  dev: 'eth0',
  mtu: 1472,
}
const overIPv6: Device = {
  kind: 'gre',
  name: 'gre-ce',
  local: '2001:DB8::1',
  remote: '2001:db8::2',
  mtu: 1456,
}
const vxlan: Device = {
  kind: 'vxlan',
  name: 'vx-ce',
  id: 5,
  port: 4789,
  local: '192.0.2.10',
  remote: '192.0.2.22',
  mtu: 1450,
}
const tun: Device = { kind: 'tun', name: 't1194', user: 'dynfarm', mtu: 1400 }
const wireguard: Device = { kind: 'wireguard', name: 'tun-wg', mtu: 1420 }
const external: Device = { kind: 'external', name: 'eth0' }

function plan(wanted: readonly Device[], own: readonly (Device & { up?: boolean })[] = []) {
  const devices = own.map((device): ObservedDevice => ({ mtu: 1500, up: true, ...device }))
  return planNetwork({ ...nothing, devices: wanted }, { ...bareHost, devices })
}

describe('a device', () => {
  it.each<[string, Device, string[]]>([
    [
      'keyed gre',
      keyed,
      [
        'ip -batch -  # link to a service or hub',
        '    link add name gre-ce group 177 mtu 1472 type gre local 192.0.2.10 remote 192.0.2.22 key 3221225985 ttl 64 dev eth0',
        '    link set dev gre-ce up',
      ],
    ],
    [
      'gre over IPv6',
      overIPv6,
      [
        'ip -batch -  # link to a service or hub',
        '    link add name gre-ce group 177 mtu 1456 type ip6gre local 2001:db8::1 remote 2001:db8::2 hoplimit 64 encaplimit none',
        '    link set dev gre-ce up',
      ],
    ],
    [
      'vxlan',
      vxlan,
      [
        'ip -batch -  # link to a service or hub',
        '    link add name vx-ce group 177 mtu 1450 address 02:be:74:ad:30:1a type vxlan id 5 dstport 4789 local 192.0.2.10 remote 192.0.2.22 ttl 64 nolearning',
        '    link set dev vx-ce up',
      ],
    ],
    [
      'tun',
      tun,
      [
        'ip -batch -  # device of a tunnel',
        '    tuntap add dev t1194 mode tun user dynfarm',
        '    link set dev t1194 group 177 mtu 1400',
        '    link set dev t1194 up',
      ],
    ],
    [
      'wireguard',
      wireguard,
      [
        'ip -batch -  # device of a tunnel',
        '    link add name tun-wg group 177 mtu 1420 type wireguard',
        '    link set dev tun-wg up',
      ],
    ],
    [
      'of another maker',
      external,
      ['ip link set dev eth0 group 177 up  # mark a tunnel as part of the farm'],
    ],
  ])('%s', (_, device, lines) => {
    expect(textOf(plan([device]))).toBe(lines.join('\n'))
    expect(textOf(plan([device], [device]))).toBe('')
  })

  it('is adjusted in place where it can be', () => {
    const { steps } = plan([{ ...keyed, mtu: 1400 }], [{ ...keyed, up: false }])
    expect(textOf({ steps, blocked: [] })).toBe(
      'ip link set dev gre-ce mtu 1400 up  # keep a device as it should be',
    )
    expect(undoText(steps)).toBe('ip link set dev gre-ce mtu 1472 down')
  })

  it.each<[string, Device]>([
    ['another key', { ...keyed, key: 8 }],
    [
      'no key',
      {
        kind: 'gre',
        name: 'gre-ce',
        local: '192.0.2.10',
        remote: '192.0.2.22',
        dev: 'eth0',
        mtu: 1472,
      },
    ],
    ['another device to leave by', { ...keyed, dev: 'lo' }],
    ['another family', overIPv6],
    ['another kind', { ...vxlan, name: 'gre-ce' }],
  ])('is made anew for %s', (_, device) => {
    const [first, second, ...more] = textOf(plan([device], [keyed])).split('\n')
    expect(first).toBe('ip link del dev gre-ce  # remove a device no longer wanted')
    expect(second).toBe('ip -batch -  # link to a service or hub')
    expect(more.join()).toContain('link add name gre-ce ')
  })

  it('of kind vxlan has an Ethernet address of its own, whenever it is made', () => {
    const far: Device = { ...vxlan, local: '192.0.2.22', remote: '192.0.2.10' }
    const texts = [vxlan, vxlan, far, { ...vxlan, id: 6 }].map((device) => textOf(plan([device])))
    const [first, again, ...others] = texts.map((text) => / address (\S+) /.exec(text)?.[1])
    expect(again).toBe(first)
    expect(new Set([first, ...others]).size).toBe(3)
  })

  it('gives way to another name for the same endpoints, and only then', () => {
    const moved = { ...keyed, name: 'gre-new' }
    const other = { ...moved, key: 9 }
    const order = (text: string) => text.match(/link (add|del)/g)
    expect(order(textOf(plan([moved], [keyed])))).toEqual(['link del', 'link add'])
    expect(order(textOf(plan([other], [keyed])))).toEqual(['link add', 'link del'])
  })

  it('comes back as it was', () => {
    const sysctls = new Map([
      ['net/ipv4/conf/gre-ce/rp_filter', '2'],
      ['net/ipv4/conf/eth0/rp_filter', '1'],
    ])
    const devices: ObservedDevice[] = [{ ...keyed, mtu: 1472, up: true }]
    const { steps } = planNetwork(nothing, { ...bareHost, devices, sysctls })
    expect(undoText(steps)).toBe(
      [
        'ip -batch -',
        '    link add name gre-ce group 177 mtu 1472 type gre local 192.0.2.10 remote 192.0.2.22 key 3221225985 ttl 64 dev eth0',
        '    link set dev gre-ce up',
        'sysctl -q -w net/ipv4/conf/gre-ce/rp_filter=2',
      ].join('\n'),
    )
  })

  it.each(['external', 'wireguard'] as const)(
    'of kind %s, which only its maker can bring back, is stopped with the rest and deleted last',
    (kind) => {
      const observed = {
        ...bareHost,
        devices: [{ kind, name: 'wg0', mtu: 1420, up: true }],
        rules: [{ family: 'ipv4' as const, iif: 'wg0', table: 7700, priority: 7000 }],
        firewall: renderFirewall({ sets: [], chains: [] }),
      }
      expect(textOf(planNetwork(nothing, observed))).toBe(
        [
          'ip link set dev wg0 down  # stop a device no longer wanted',
          'ip -4 rule del iif wg0 lookup 7700 priority 7000 protocol 177  # remove rules no longer wanted',
          'nft -f -  # release what is gone',
          '    delete table inet dynfarm',
          'ip link del dev wg0  # remove a device no longer wanted',
        ].join('\n'),
      )
    },
  )
})
