import { DynfarmError } from '../../../src/errors.ts'
import type { HostSpec, Port, Route, Topology } from './topology.ts'

const publicRoutes: readonly Route[] = [
  { to: 'default', via: '203.0.113.1' },
  { to: 'default', via: '2001:db8:1::1' },
]

export const centre: Topology = {
  segments: [{ name: 'public', public: true }, { name: 'centre' }],
  hosts: [
    onBothSides('hub1', 10),
    onBothSides('hub2', 11),
    onBothSides('server', 12),
    onCentre('lsf', 21),
    onCentre('ce', 22),
    onCentre('argus', 23),
    onCentre('ui', 24),
    onCentre('secret', 66),
  ],
}

/** For a centre with more hubs than it takes to have several. */
export const thirdHub: Topology = { segments: centre.segments, hosts: [onBothSides('hub3', 13)] }

export const internet: Topology = {
  segments: [
    { name: 'public', public: true },
    { name: 'aruba-wan', public: true },
    { name: 'os', public: true },
    { name: 'hpc-wan', public: true },
  ],
  hosts: [
    {
      name: 'internet',
      domain: 'example.net',
      forwards: true,
      ports: [
        port('eth0', 'public', '203.0.113.1/26', '2001:db8:1::1/64'),
        port('eth1', 'aruba-wan', '198.51.100.1/24', '2001:db8:2::1/64'),
        port('eth2', 'os', '203.0.113.129/25', '2001:db8:3::1/64'),
        port('eth3', 'hpc-wan', '203.0.113.65/26', '2001:db8:4::1/64'),
      ],
      routes: [{ to: '2001:db8:4:1::/64', via: '2001:db8:4::2' }],
    },
  ],
}

/** A computing centre that lends batch slots: its machines may open TCP and UDP outwards, no more. */
export const hpc: Topology = {
  segments: [{ name: 'hpc' }],
  hosts: [
    {
      name: 'hpc-gw',
      domain: 'hpc.example',
      forwards: true,
      ports: [
        port('outside', 'hpc-wan', '203.0.113.66/26', '2001:db8:4::2/64'),
        port('inside', 'hpc', '172.20.0.1/16', '2001:db8:4:1::1/64'),
      ],
      routes: [
        { to: 'default', via: '203.0.113.65' },
        { to: 'default', via: '2001:db8:4::1' },
      ],
      firewall: outgoingOnly('meta l4proto { tcp, udp }'),
    },
    {
      name: 'hpc',
      domain: 'hpc.example',
      ports: [port('eth0', 'hpc', '172.20.0.10/16', '2001:db8:4:1::10/64')],
      routes: [
        { to: 'default', via: '172.20.0.1' },
        { to: 'default', via: '2001:db8:4:1::1' },
      ],
    },
  ],
}

/** A provider with private addresses behind one public one. */
export function aruba(machines: number): Topology {
  const nat: HostSpec = {
    name: 'aruba-nat',
    domain: 'aruba.example',
    forwards: true,
    ports: [
      port('outside', 'aruba-wan', '198.51.100.10/24', '2001:db8:2::10/64'),
      port('inside', 'aruba', '10.1.0.1/16'),
    ],
    routes: [
      { to: 'default', via: '198.51.100.1' },
      { to: 'default', via: '2001:db8:2::1' },
    ],
    firewall: outgoingOnly(),
  }
  const machine = (index: number): HostSpec => ({
    name: `aruba-${letters(index)}`,
    domain: 'aruba.example',
    ports: [port('eth0', 'aruba', `${arubaAddress(index)}/16`)],
    routes: [{ to: 'default', via: '10.1.0.1' }],
  })
  return { segments: [{ name: 'aruba' }], hosts: [nat, ...repeat(machines, machine)] }
}

/** A provider whose machines have addresses of their own, of both families. */
export function openstack(machines: number): Topology {
  if (machines > 100)
    throw new DynfarmError('usage', `openstack has addresses for 100 machines, not "${machines}"`)
  const machine = (index: number): HostSpec => ({
    name: `os-${letters(index)}`,
    domain: 'openstack.example',
    ports: [port('eth0', 'os', `203.0.113.${131 + index}/25`, `2001:db8:3::${131 + index}/64`)],
    routes: [
      { to: 'default', via: '203.0.113.129' },
      { to: 'default', via: '2001:db8:3::1' },
    ],
  })
  return { segments: [], hosts: repeat(machines, machine) }
}

function onBothSides(name: string, number: number): HostSpec {
  return {
    name,
    domain: 'example.org',
    ports: [
      port('eth0', 'public', `203.0.113.${number}/26`, `2001:db8:1::${number}/64`),
      port('eth1', 'centre', `192.0.2.${number}/24`, `2001:db8:c::${number}/64`),
    ],
    routes: publicRoutes,
  }
}

/** The centre's own network has no way out, so that a packet seen outside came through a hub. */
function onCentre(name: string, number: number): HostSpec {
  return {
    name,
    domain: 'example.org',
    ports: [port('eth0', 'centre', `192.0.2.${number}/24`, `2001:db8:c::${number}/64`)],
  }
}

/** Masquerades IPv4; lets out what matches, and in only the answers. */
function outgoingOnly(match = ''): string {
  return `table inet border {
  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "inside" ${match} accept
  }
  chain input {
    type filter hook input priority filter; policy accept;
    ct state established,related accept
    iifname "outside" icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
    iifname "outside" drop
  }
}
table ip border {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "outside" masquerade
  }
}
`
}

function port(device: string, segment: string, ...addresses: [string, ...string[]]): Port {
  return { device, segment, addresses }
}

function arubaAddress(index: number): string {
  const number = 4 * 256 + 1 + index
  return `10.1.${number >> 8}.${number & 255}`
}

/** a … z, aa, ab, … */
function letters(index: number): string {
  const last = String.fromCharCode(97 + (index % 26))
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last
}

function repeat<T>(times: number, make: (index: number) => T): T[] {
  return Array.from({ length: times }, (_, index) => make(index))
}
