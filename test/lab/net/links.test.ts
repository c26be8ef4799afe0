import { beforeAll, describe, expect, it } from 'vitest'
import { type Family, familyOf } from '../../../src/address.ts'
import { observeNetwork } from '../../../src/client/observe-network.ts'
import { greOverhead, linkMtu, vxlanOverhead } from '../../../src/net/mtu.ts'
import { type Device, type Network, nothing } from '../../../src/net/network.ts'
import { planNetwork } from '../../../src/net/plan-network.ts'
import { runSteps } from '../../net/support/apply.ts'
import { snapshot } from '../../net/support/host.ts'
import { makeNamespace, type Namespace, sweepNamespaces, whyNot } from './namespace.ts'

beforeAll(sweepNamespaces)

const PATH_MTU = 1500

interface Side {
  /** Of the network between the two, by family. */
  outer: Record<Family, string>
  inner: [ipv4: string, ipv6: string]
  /** On the link itself: an Ethernet link asks for its neighbours, and only for addresses it has. */
  onLink: string
}

const hub: Side = {
  outer: { ipv4: '192.0.2.10', ipv6: '2001:db8::10' },
  inner: ['10.200.0.1', 'fd00:200::1'],
  onLink: 'fe80::df:1',
}
const service: Side = {
  outer: { ipv4: '192.0.2.22', ipv6: '2001:db8::22' },
  inner: ['10.200.0.2', 'fd00:200::2'],
  onLink: 'fe80::df:2',
}

type LinkOf = (here: Side, there: Side) => Device

const links: [name: string, probe: string, link: LinkOf][] = [
  [
    'keyed gre over IPv4',
    'type gre local 192.0.2.1 remote 192.0.2.2 key 1',
    gre('ipv4', 0xdf000001),
  ],
  [
    'keyed gre over IPv6',
    'type ip6gre local 2001:db8::1 remote 2001:db8::2 key 1',
    gre('ipv6', 0xdf000002),
  ],
  ['plain gre over IPv4', 'type gre local 192.0.2.1 remote 192.0.2.2', gre('ipv4')],
  [
    'vxlan over IPv4',
    'type vxlan id 1 dstport 4790 local 192.0.2.1 remote 192.0.2.2',
    vxlan('ipv4'),
  ],
  [
    'vxlan over IPv6',
    'type vxlan id 1 dstport 4790 local 2001:db8::1 remote 2001:db8::2',
    vxlan('ipv6'),
  ],
]

describe('a link that was planned carries both families', () => {
  for (const [name, probe, link] of links) {
    const reason = whyNot(`ip link add probe ${probe}`)
    const title = reason === undefined ? name : `${name}: SKIPPED, ${reason}`
    it.skipIf(reason !== undefined)(title, { timeout: 180_000 }, () =>
      withPair((a, b) => carries(link, a, b)),
    )
  }
})

async function carries(link: LinkOf, a: Namespace, b: Namespace): Promise<void> {
  const start = [await observeNetwork(a.machine), await observeNetwork(b.machine)].map(snapshot)
  await establish(a, sideNetwork(link(hub, service), hub, service))
  await establish(b, sideNetwork(link(service, hub), service, hub))
  const { mtu = 0 } = link(hub, service)
  for (const [at, address] of service.inner.entries()) {
    const headers = familyOf(address) === 'ipv4' ? 28 : 48
    const from = hub.inner[at]
    expect(a.sh(`ping -c1 -w10 -I ${from} ${address}`)).toContain(' 0% packet loss')
    expect(b.sh(`ping -c1 -w10 -M do -s ${mtu - headers} -I ${address} ${from}`)).toContain(
      ' 0% packet loss',
    )
    expect(() =>
      b.sh(`ping -c1 -w1 -M do -s ${mtu - headers + 1} -I ${address} ${from} 2>&1`),
    ).toThrow()
  }
  // The far end knows it still.
  await establish(b, nothing)
  await establish(b, sideNetwork(link(service, hub), service, hub))
  for (const [at, address] of service.inner.entries())
    expect(a.sh(`ping -c1 -w3 -I ${hub.inner[at]} ${address}`)).toContain(' 0% packet loss')
  await establish(a, nothing)
  await establish(b, nothing)
  expect([await observeNetwork(a.machine), await observeNetwork(b.machine)].map(snapshot)).toEqual(
    start,
  )
}

async function establish({ machine }: Namespace, network: Network): Promise<void> {
  const { steps, blocked } = planNetwork(network, await observeNetwork(machine))
  expect(blocked).toEqual([])
  await runSteps(machine, steps)
  expect(planNetwork(network, await observeNetwork(machine)).steps).toEqual([])
}

function sideNetwork(link: Device, here: Side, there: Side): Network {
  const dev = link.name
  const neighbour = link.kind === 'vxlan' ? { via: there.onLink } : {}
  return {
    ...nothing,
    devices: [link],
    addresses: [
      ...here.inner.map((address) => ({ dev: 'lo', address })),
      ...(link.kind === 'vxlan' ? [{ dev, address: here.onLink }] : []),
    ],
    routes: [
      { table: 254, to: there.inner[0], dev, src: here.inner[0] },
      { table: 254, to: there.inner[1], dev, src: here.inner[1], ...neighbour },
    ],
    settings: [{ dev, rpFilter: 2, acceptRa: 0 }],
  }
}

function gre(family: Family, key?: number): LinkOf {
  const mtu = linkMtu(PATH_MTU, greOverhead(family, key !== undefined))
  return (here, there) => ({
    kind: 'gre',
    name: 'link',
    local: here.outer[family],
    remote: there.outer[family],
    mtu,
    dev: 'wire',
    ...(key !== undefined && { key }),
  })
}

function vxlan(family: Family): LinkOf {
  const mtu = linkMtu(PATH_MTU, vxlanOverhead(family))
  return (here, there) => ({
    kind: 'vxlan',
    name: 'link',
    id: 42,
    port: 4790,
    local: here.outer[family],
    remote: there.outer[family],
    mtu,
  })
}

/** Two hosts on one wire. */
async function withPair(test: (a: Namespace, b: Namespace) => Promise<void>): Promise<void> {
  const a = makeNamespace('a')
  const b = makeNamespace('b')
  try {
    a.sh(
      `ip link add wire mtu ${PATH_MTU} type veth peer name wire mtu ${PATH_MTU} netns ${b.name}`,
    )
    for (const [{ sh }, { outer }] of [
      [a, hub],
      [b, service],
    ] as const) {
      sh(
        `ip link set wire up; ip addr add ${outer.ipv4}/24 dev wire; ip addr add ${outer.ipv6}/64 dev wire nodad`,
      )
    }
    await test(a, b)
  } finally {
    a.remove()
    b.remove()
  }
}
