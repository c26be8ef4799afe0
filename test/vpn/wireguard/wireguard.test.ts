import { describe, expect, test } from 'vitest'
import { renderPlan } from '../../../src/plan/render.ts'
import { renderArgv } from '../../../src/plan/text.ts'
import { dumpReading, parseDump } from '../../../src/vpn/wireguard/dump.ts'
import { planWireguard, wireguardCommand } from '../../../src/vpn/wireguard/plan.ts'
import type {
  ObservedPeer,
  ObservedWireguard,
  WireguardTunnel,
} from '../../../src/vpn/wireguard/wireguard.ts'
import { undoText } from '../../net/support/observed.ts'

const key = (letter: string) => `${letter.repeat(42)}A=`
const [own, a, b, c] = ['o', 'a', 'b', 'c'].map(key) as [string, string, string, string]

const hub: WireguardTunnel = {
  device: 'tun-wg',
  publicKey: own,
  privateKeyFile: '/var/lib/dynfarm/hub/wg.key',
  port: 51820,
  peers: [
    { publicKey: a, addresses: ['10.200.1.1', 'fd5a::1:1'] },
    { publicKey: b, addresses: ['10.200.1.2'] },
  ],
}
const node: WireguardTunnel = {
  device: 'tun-wg',
  publicKey: a,
  privateKeyFile: '/var/lib/dynfarm/node/wg.key',
  peers: [
    {
      publicKey: own,
      addresses: ['10.200.0.1', '192.0.2.22'],
      endpoint: { address: '2001:DB8::10', port: 51820 },
      keepalive: 25,
    },
  ],
}

const quiet = { keepalive: 0, hasPresharedKey: false, handshake: 0, received: 0, sent: 0 }
const peer = (addresses: string[], more: Partial<ObservedPeer> = {}): ObservedPeer => ({
  ...quiet,
  endpoint: '198.51.100.10:40000',
  addresses,
  ...more,
})
const asWanted: ObservedWireguard = {
  publicKey: own,
  port: 51820,
  peers: new Map([
    [a, peer(['fd5a::1:1/128', '10.200.1.1/32'])],
    [b, peer(['10.200.1.2/32'])],
  ]),
}

const peerText = (publicKey: string, ips: string) =>
  `peer ${publicKey} preshared-key /dev/null persistent-keepalive 0 allowed-ips ${ips}`

describe('the hub’s end', () => {
  test('from nothing', () => {
    const steps = planWireguard(hub)
    expect(
      renderPlan(steps),
    ).toBe(`wg set tun-wg private-key /var/lib/dynfarm/hub/wg.key listen-port 51820  # key and port of a tunnel
wg set tun-wg ${peerText(a, '10.200.1.1/32,fd5a::1:1/128')} ${peerText(b, '10.200.1.2/32')}  # let peers in`)
    expect(undoText(steps)).toBe(`wg set tun-wg peer ${a} remove peer ${b} remove`)
  })

  test('as it should be, in whatever order and wherever its nodes have roamed', () => {
    expect(planWireguard(hub, asWanted)).toEqual([])
  })

  test('one peer goes without a word to the others', () => {
    const steps = planWireguard({ ...hub, peers: hub.peers.slice(1) }, asWanted)
    expect(renderPlan(steps)).toBe(`wg set tun-wg peer ${a} remove  # let peers in no more`)
    expect(undoText(steps)).toBe(
      `wg set tun-wg peer ${a} endpoint 198.51.100.10:40000 persistent-keepalive 0 allowed-ips fd5a::1:1/128,10.200.1.1/32`,
    )
  })

  test('an address moves to a new key before the old one goes, and back in reverse', () => {
    const moved = [hub.peers[0], { publicKey: c, addresses: ['10.200.1.2'] }] as typeof hub.peers
    const steps = planWireguard({ ...hub, peers: moved }, asWanted)
    expect(renderPlan(steps)).toBe(`wg set tun-wg ${peerText(c, '10.200.1.2/32')}  # let peers in
wg set tun-wg peer ${b} remove  # let peers in no more`)
    const before = `peer ${b} endpoint 198.51.100.10:40000 persistent-keepalive 0 allowed-ips 10.200.1.2/32`
    expect(undoText(steps)).toBe(`wg set tun-wg ${before}
wg set tun-wg peer ${c} remove ${before}`)
  })

  test.each<[string, Partial<ObservedPeer>]>([
    ['an address too many', { addresses: ['10.200.1.2/32', '0.0.0.0/0'] }],
    ['a whole network', { addresses: ['10.200.1.0/24'] }],
    ['no address', { addresses: [] }],
    ['a preshared key', { hasPresharedKey: true }],
    ['a keepalive', { keepalive: 25 }],
  ])('a peer with %s is mended', (_, more) => {
    const peers = new Map(asWanted.peers).set(b, peer(['10.200.1.2/32'], more))
    expect(renderPlan(planWireguard(hub, { ...asWanted, peers }))).toBe(
      `wg set tun-wg ${peerText(b, '10.200.1.2/32')}  # let peers in`,
    )
  })

  test.each<[string, Partial<ObservedWireguard>]>([
    ['another key', { publicKey: c }],
    ['no key', { publicKey: undefined }],
    ['another port', { port: 1 }],
  ])('a device with %s is mended', (_, more) => {
    expect(renderPlan(planWireguard(hub, { ...asWanted, ...more }))).toBe(
      'wg set tun-wg private-key /var/lib/dynfarm/hub/wg.key listen-port 51820  # key and port of a tunnel',
    )
  })
})

describe('the node’s end', () => {
  const words = `private-key /var/lib/dynfarm/node/wg.key`
  const hubText = `peer ${own} preshared-key /dev/null endpoint '[2001:db8::10]:51820' persistent-keepalive 25 allowed-ips 10.200.0.1/32,192.0.2.22/32`
  const observed: ObservedWireguard = {
    publicKey: a,
    port: 40000,
    peers: new Map([
      [
        own,
        peer(['10.200.0.1/32', '192.0.2.22/32'], {
          endpoint: '[2001:db8::10]:51820',
          keepalive: 25,
        }),
      ],
    ]),
  }

  test('from nothing, and for a process that comes back alone', () => {
    expect(renderPlan(planWireguard(node))).toBe(`wg set tun-wg ${words}  # key and port of a tunnel
wg set tun-wg ${hubText}  # let peers in`)
    expect(renderArgv(wireguardCommand(node))).toBe(`wg set tun-wg ${words} ${hubText}`)
  })

  test('with whatever port the kernel chose', () => {
    expect(planWireguard(node, observed)).toEqual([])
  })

  test('a hub that is dialled elsewhere now', () => {
    const peers = node.peers.map((one) => ({
      ...one,
      endpoint: { address: '203.0.113.10', port: 443 },
    }))
    expect(renderPlan(planWireguard({ ...node, peers }, observed))).toBe(
      `wg set tun-wg ${hubText.replace("'[2001:db8::10]:51820'", '203.0.113.10:443')}  # let peers in`,
    )
  })
})

test('ten thousand peers come in commands of a length that the kernel takes', () => {
  const peers = Array.from({ length: 10_000 }, (_, i) => ({
    publicKey: `${i.toString().padStart(42, '0')}A=`,
    addresses: [`10.200.${i >> 8}.${i & 255}`, `fd5a::${i.toString(16)}`],
  }))
  const steps = planWireguard({ ...hub, peers })
  expect(steps).toHaveLength(21)
  for (const { argv } of steps) expect(argv.join(' ').length).toBeLessThan(128 * 1024)
  const named = steps.flatMap(({ argv }) => argv.filter((word) => word.endsWith('A=')))
  expect(named).toEqual(peers.map(({ publicKey }) => publicKey))
})

test('what the kernel would settle in silence is a bug', () => {
  const twice = { publicKey: c, addresses: ['10.200.1.2/32'] }
  expect(() => planWireguard({ ...hub, peers: [...hub.peers, twice] })).toThrow('address is wanted')
  const again = { publicKey: b, addresses: ['10.200.1.3'] }
  expect(() => planWireguard({ ...hub, peers: [...hub.peers, again] })).toThrow('key is wanted')
  const word = { publicKey: 'remove', addresses: [] }
  expect(() => planWireguard({ ...hub, peers: [word] })).toThrow('not a WireGuard key')
})

describe('what "wg show all dump" prints', () => {
  const device = (name: string, publicKey = own) => `${name}\tSECRET\t${publicKey}\t51820\toff\n`
  const line = (...fields: string[]) => `tun-wg\t${fields.join('\t')}\n`
  const usual = [
    '(none)',
    '198.51.100.10:40000',
    '10.200.1.1/32,FD5A::1:1/128',
    '9',
    '1',
    '2',
    '25',
  ]

  test('is read without the private key', () => {
    const dump = `${device('tun-wg')}${line(a, ...usual)}${device('tun-b', '(none)')}`
    const devices = parseDump(dump)
    expect(devices.get('tun-wg')).toEqual({
      publicKey: own,
      port: 51820,
      peers: new Map([
        [
          a,
          {
            addresses: ['10.200.1.1/32', 'fd5a::1:1/128'],
            endpoint: '198.51.100.10:40000',
            keepalive: 25,
            hasPresharedKey: false,
            handshake: 9,
            received: 1,
            sent: 2,
          },
        ],
      ]),
    })
    expect(devices.get('tun-b')).toEqual({ publicKey: undefined, port: 51820, peers: new Map() })
    expect(JSON.stringify([...devices])).not.toContain('SECRET')
    expect(dumpReading.argv).toEqual(['wg', 'show', 'all', 'dump'])
  })

  test('with a peer that never was here', () => {
    const dump = `${device('tun-wg')}${line(a, 'PSK', '(none)', '(none)', '0', '0', '0', 'off')}`
    expect(parseDump(dump).get('tun-wg')?.peers.get(a)).toEqual({
      ...quiet,
      addresses: [],
      endpoint: undefined,
      hasPresharedKey: true,
    })
  })

  test.each([
    ['a peer of no device', line(a, ...usual)],
    ['a line too long', `${device('tun-wg')}${line(a, ...usual, 'SECRET')}`],
    ['a line cut short', `${device('tun-wg')}${line(a, ...usual.slice(0, 3))}`],
    ['a key that is none', `${device('tun-wg')}${line('SECRET', ...usual)}`],
    ['a device’s key that is none', device('tun-wg', 'SECRET')],
    [
      'an address that is none',
      `${device('tun-wg')}${line(a, '(none)', '(none)', 'SECRET', ...usual.slice(3))}`,
    ],
    [
      'a number that is none',
      `${device('tun-wg')}${line(a, ...usual.slice(0, 3), '-1', '0', '0', 'off')}`,
    ],
  ])('with %s is not taken, nor shown', (_, dump) => {
    const error = (() => {
      try {
        return parseDump(dump)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(Error)
    expect(String(error)).toMatch(/^Error: "wg show all dump" printed [a-z ]+ that cannot be read$/)
  })
})
