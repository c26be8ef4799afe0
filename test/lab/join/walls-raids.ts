import {
  bytesOf,
  fragments,
  icmp,
  type Packet,
  packet,
  sourceRoute,
  udp,
  vxlan,
} from '../lib/packets.ts'
import { plain, type Raid } from '../lib/raids.ts'

export const [a, b, hubInner] = ['10.200.1.1', '10.200.1.2', '10.200.0.1']
export const ce = '192.0.2.22'
export const lsf = '192.0.2.21'
export const [hubLocal, hubPublic] = ['192.0.2.10', '203.0.113.10']
const [secret, internet] = ['192.0.2.66', '203.0.113.1']
const far = {
  ...{ a: 'fd00:bad::1', lan: '2001:db8:c::10', public: '2001:db8:1::10' },
  ...{ ce: '2001:db8:c::22', secret: '2001:db8:c::66' },
}

/** Cards by host and device, numbers of VXLAN networks by service, and what IPv6 the kernel gave a hub's device. */
export interface Sights {
  card: (end: string) => string
  network: (service: string) => number
  linkLocal: (device: string) => string
}

type Bytes = Raid['bytes']

function from(host: string, device: string, card?: string) {
  return (what: string, bytes: Bytes): Raid => ({
    ...{ what, host, device, bytes },
    ...(card !== undefined && { card }),
  })
}

const wg = from('aruba-a', 'tun-wg')
const ovpn = from('aruba-b', 'tun-udp')

export const controls: readonly Raid[] = [
  ovpn('OpenVPN node to the hub', plain({ from: b, to: hubInner, port: 7000 })),
  wg('node to the hub', plain({ from: a, to: hubInner, port: 7000 })),
  wg('node to its service', plain({ from: a, to: ce, port: 9618 })),
]

/** What each wall alone keeps a node from. */
export const closedByBoth: readonly Raid[] = [
  wg('secret', plain({ from: a, to: secret, port: 9618 })),
  wg('the Internet', plain({ from: a, to: internet, port: 9618 })),
  wg('another node', plain({ from: a, to: b, port: 9618 })),
  ovpn('secret by OpenVPN', plain({ from: b, to: secret, port: 9618 })),
  ovpn('another node by OpenVPN', plain({ from: b, to: a, port: 9618 })),
]

export const closedByFirewall: readonly Raid[] = [
  wg('a service of another site', plain({ from: a, to: lsf, port: 9618 })),
  ovpn('a service of another class', plain({ from: b, to: ce, port: 9618 })),
  wg('another port of its service', plain({ from: a, to: ce, port: 9619 })),
  wg('another port in fragments', (length) =>
    fragments(packet({ from: a, to: ce, port: 9619, length })),
  ),
  wg('another port of the hub', plain({ from: a, to: hubInner, port: 22 })),
  wg('DNS of the hub', plain({ from: a, to: hubInner, port: 53 })),
  wg('the hub on the LAN', plain({ from: a, to: hubLocal, port: 7000 })),
  wg('the public hub', plain({ from: a, to: hubPublic, port: 7000 })),
  ovpn('the hub on the LAN by OpenVPN', plain({ from: b, to: hubLocal, port: 7000 })),
  wg('DHCP for everybody', plain({ from: a, to: '255.255.255.255', port: 67 })),
  wg('everybody on the LAN', plain({ from: a, to: '192.0.2.255', port: 67 })),
  wg('multicast', plain({ from: a, to: '224.0.0.1', port: 7000 })),
  wg('IPIP to the hub', (length) => packet({ from: a, to: hubInner, protocol: 4, length })),
  wg('IPIP to its service', (length) => packet({ from: a, to: ce, protocol: 4, length })),
  wg('GRE to the hub', (length) => packet({ from: a, to: hubLocal, protocol: 47, length })),
  wg('an answer that nobody asked for', (length) =>
    packet({ from: a, to: ce, protocol: 1, body: icmp(0, 0, Buffer.alloc(length - 24)) }),
  ),
  wg('a redirect', (length) => redirect(length)),
]

/** As a router would tell the hub a better way back to the node: of a connection that stands. */
function redirect(length: number): Buffer {
  const theirs = packet({ from: hubInner, to: a, sport: 7000, port: 5000, length: length - 28 })
  const body = icmp(5, 1, Buffer.concat([bytesOf('10.200.1.9'), theirs]))
  return packet({ from: a, to: hubInner, protocol: 1, body })
}

/** What no wall need be there for: the tunnels and the kernel stop it, and the walls as well. */
export const closedAnyway = ({ linkLocal }: Sights): readonly Raid[] => [
  wg('another node’s address', plain({ from: b, to: ce, port: 9618 })),
  wg('another node’s hello', plain({ from: b, to: hubInner, port: 7789 })),
  ovpn('another node’s address by OpenVPN', plain({ from: a, to: ce, port: 9618 })),
  wg('an address of nobody', plain({ from: '172.16.5.5', to: ce, port: 9618 })),
  ovpn('an address of nobody by OpenVPN', plain({ from: '172.16.5.5', to: hubInner, port: 7000 })),
  wg('the hub’s own address', plain({ from: hubInner, to: ce, port: 9618 })),
  wg('loopback', plain({ from: a, to: '127.0.0.1', port: 7000 })),
  wg('source routing to secret', routed({ from: a, to: hubInner, port: 7000 }, secret)),
  wg('source routing to a closed port', routed({ from: a, to: hubInner, port: 7000 }, ce)),
  ...(
    [
      [wg, 'tun-wg'],
      [ovpn, 'tun-udp'],
    ] as const
  ).flatMap(([node, device]) => [
    node('IPv6: the hub on the LAN', plain({ from: far.a, to: far.lan, port: 7000 })),
    node('IPv6: the public hub', plain({ from: far.a, to: far.public, port: 7000 })),
    node('IPv6: secret', plain({ from: far.a, to: far.secret, port: 7000 })),
    node('IPv6: its service', plain({ from: far.a, to: far.ce, port: 9618 })),
    node('IPv6: link-local', plain({ from: 'fe80::2', to: linkLocal(device), port: 7000 })),
    node('IPv6: all nodes', plain({ from: 'fe80::2', to: 'ff02::1', port: 7000 })),
    node('IPv6: IPv4-mapped', plain({ from: `::ffff:${a}`, to: `::ffff:${ce}`, port: 9618 })),
    node('IPv6: extension header', extended),
  ]),
]

function routed(of: Packet, next: string): Bytes {
  return (length) => packet({ ...of, options: sourceRoute(next), length })
}

/** Options for every hop before the datagram. */
function extended(length: number): Buffer {
  const to = { from: 'fe80::2', to: 'ff02::1' }
  const options = Buffer.from([17, 0, 1, 4, 0, 0, 0, 0])
  const datagram = udp({ ...to, port: 7000 }, Buffer.alloc(length - 56))
  return packet({ ...to, protocol: 0, body: Buffer.concat([options, datagram]) })
}

/** From services, the centre's LAN and the Internet side. `allowed` shows that the way of trying is a good one. */
export function fromOthers({ card, network }: Sights): { allowed: Raid[]; closed: Raid[] } {
  const forged =
    (to: 'hub' | 'ce', outer: Pick<Packet, 'from' | 'to'>, inner: Packet): Bytes =>
    (length) => {
      const end = to === 'hub' ? 'hub1 vxl-ce' : 'ce vxl-hub1'
      const body = vxlan(network('vxl-ce'), card(end), packet({ ...inner, length }))
      return packet({ ...outer, port: 4789, body })
    }
  const up = { from: ce, to: a, port: 9618 }
  const down = { from: a, to: ce, port: 9618 }
  const toHub = card('hub1 eth1')
  const fromCe = from('ce', 'vxl-hub1', card('hub1 vxl-ce'))
  const fromLsf = from('lsf', 'vxl-hub1', card('hub1 vxl-lsf'))
  const lsfOnLan = from('lsf', 'eth0', toHub)
  const secretToHub = from('secret', 'eth0', toHub)
  const secretToCe = from('secret', 'eth0', card('ce eth0'))
  const outside = from('internet', 'eth0', card('hub1 eth0'))
  return {
    allowed: [
      fromCe('service to a node', plain(up)),
      // The one forgery that links cannot tell: docs/security.md.
      secretToHub(
        'a spoofer on the LAN, at the hub',
        forged('hub', { from: ce, to: hubLocal }, up),
      ),
      secretToCe(
        'a spoofer on the LAN, at the service',
        forged('ce', { from: hubLocal, to: ce }, down),
      ),
    ],
    closed: [
      fromCe('service to another port', plain({ ...up, port: 9619 })),
      fromCe('service to secret', plain({ from: ce, to: secret, port: 9618 })),
      fromCe('service to the Internet', plain({ from: ce, to: internet, port: 9618 })),
      fromCe('service to the hub', plain({ from: ce, to: hubInner, port: 7000 })),
      fromCe('service to the hub on the LAN', plain({ from: ce, to: hubLocal, port: 7000 })),
      fromCe('service as a node', plain({ from: b, to: a, port: 9618 })),
      fromCe('service as another service', plain({ from: lsf, to: a, port: 9618 })),
      fromCe('service by IPv6', plain({ from: 'fe80::2', to: 'ff02::1', port: 7000 })),
      fromLsf('a service of another site', plain({ from: lsf, to: a, port: 9618 })),
      lsfOnLan('another service in the link', forged('hub', { from: lsf, to: hubLocal }, up)),
      secretToHub('secret in the link', forged('hub', { from: secret, to: hubLocal }, up)),
      secretToHub(
        'secret in the link by another address',
        forged('hub', { from: ce, to: hubPublic }, up),
      ),
      secretToHub(
        'secret in the link by IPv6',
        forged('hub', { from: far.secret, to: far.lan }, up),
      ),
      secretToHub('secret to a node', plain({ from: secret, to: a, port: 9618 })),
      secretToHub('secret as a service', plain({ from: ce, to: a, port: 9618 })),
      secretToHub('secret as a node', plain({ from: b, to: hubInner, port: 7000 })),
      secretToHub('secret to the Internet', plain({ from: secret, to: internet, port: 9618 })),
      secretToCe('secret in the far end of the link', forged('ce', { from: secret, to: ce }, down)),
      secretToCe('secret as a node at the service', plain(down)),
      outside('Internet to the service', plain({ from: internet, to: ce, port: 9618 })),
      outside('Internet to a node', plain({ from: internet, to: a, port: 9618 })),
      outside('Internet as a service', plain(up)),
      outside('Internet as a node', plain({ from: a, to: hubInner, port: 7000 })),
      outside('Internet in the link', forged('hub', { from: ce, to: hubLocal }, up)),
      outside(
        'Internet in the link by the public address',
        forged('hub', { from: ce, to: hubPublic }, up),
      ),
      outside(
        'Internet in the link under its name',
        forged('hub', { from: internet, to: hubPublic }, up),
      ),
    ],
  }
}
