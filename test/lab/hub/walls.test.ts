import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { helloPort } from '../../../src/protocol/hello.ts'
import { killGroup } from '../lib/lab-host.ts'
import { type Cables, dualStack, startCables } from './cables.ts'
import { countEchoes, countTalk, fallsSilent, goesOn, startEcho, startTalk } from './echoes.ts'
import { fixture } from './farm.ts'

/** What nodes, services and strangers can reach through a hub, packet by packet on the real kernel. */
let cables: Cables

beforeAll(async () => {
  cables = await startCables(dualStack)
})
afterAll(() => cables?.stop())

const allowed = [
  'tcp/192.0.2.22/7001',
  'udp/192.0.2.22/7001',
  'tcp/192.0.2.30/7001',
  'tcp/10.200.0.1/7001',
]

/** What each wall alone keeps a node from. */
const closedByBoth = [
  'tcp/192.0.2.66/7001',
  'udp/192.0.2.66/7001',
  'tcp/203.0.113.9/7001',
  'tcp/10.200.1.2/7001',
  'tcp/[2001:db8::66]/7001',
  'tcp/[fd00:200:1::2]/7001',
].map((way) => way.replace(/[[\]]/g, ''))

const closedByFirewall = [
  'tcp/192.0.2.22/7002',
  'udp/192.0.2.22/7002',
  'tcp/192.0.2.30/7002',
  'tcp/192.0.2.21/7001',
  'tcp/192.0.2.1/7001',
  'udp/192.0.2.1/7001',
  'tcp/10.200.0.1/7002',
  'tcp/2001:db8::1/7001',
  'tcp/169.254.7.1/7001',
  'tcp/192.0.2.22/7001/10.200.1.3',
  'udp/192.0.2.22/7001/10.200.1.3',
  'tcp/192.0.2.22/7001/172.16.5.5',
  'udp/192.0.2.22/7001/172.16.5.5',
]

const inner = '10.200.0.1'
/** Says who sent the first datagram, if one comes within five seconds. */
const hearOne = `const [, address, port] = process.argv
  const socket = require('node:dgram').createSocket('udp4')
  socket.bind(Number(port), address, () => console.log('listens'))
  socket.once('message', (_, from) => {
    console.log(from.address)
    process.exit()
  })
  setTimeout(() => process.exit(), 5000)`

describe('a node with root', () => {
  test('reaches what its site may reach, and nothing else', async () => {
    expect(await cables.open('n1', [...allowed, ...closedByBoth, ...closedByFirewall])).toEqual(
      allowed,
    )
  })

  test('is kept from strangers by routing alone', async () => {
    await cables.build('routing')
    // Without the hub's masquerade a routed service does not know the way back.
    const linked = allowed.filter((way) => way !== 'tcp/192.0.2.30/7001')
    expect(await cables.open('n1', [...allowed, ...closedByBoth])).toEqual(linked)
    await cables.build('both')
  })

  test('is kept from everything else by the firewall alone', async () => {
    await cables.build('firewall')
    expect(await cables.open('n1', [...closedByBoth, ...closedByFirewall])).toEqual([])
    await cables.build('both')
  })

  test('without either wall would reach it: the tests above are not blind', async () => {
    await cables.host('hub').must(['nft', 'delete', 'table', 'inet', 'dynfarm'])
    await cables.ip('hub', Array(2).fill('rule del priority 7700'))
    expect(await cables.open('n1', ['tcp/192.0.2.66/7001', 'tcp/192.0.2.1/7001'])).toHaveLength(2)
    expect(await cables.open('secret', ['tcp/203.0.113.9/7001'])).toHaveLength(1)
    await cables.build('both')
  })

  test('in quarantine reaches nobody, not by what it had open either', async () => {
    await startEcho({ host: cables.host('ce') }, 7003)
    const [stream, other] = await Promise.all(
      ['n1', 'n2'].map((name) => countEchoes({ host: cables.host(name) }, '192.0.2.22', 7003)),
    )
    if (stream === undefined || other === undefined) throw new Error('two were asked for')
    const nodes = dualStack.nodes.map((each) => ({ ...each, quarantined: each.id === 'n1' }))
    await cables.build('both', { nodes })
    expect(await fallsSilent(stream, other)).toBe(true)
    await Promise.all([stream.end(), other.end()])
    expect(await cables.open('n1', allowed)).toEqual([])
    expect(await cables.open('n2', allowed)).toEqual(allowed)
    expect(await cables.open('hub', ['tcp/10.200.1.1/22/10.200.0.1'])).toHaveLength(1)
    expect(await cables.open('hub', ['tcp/10.200.1.1/7001/10.200.0.1'])).toEqual([])
    expect(await cables.open('hub', ['tcp/10.200.1.2/7001/10.200.0.1'])).toHaveLength(1)
    await cables.build('both')
  })

  test('loses what it had open when the port or the service is taken back, and nothing else', async () => {
    const [n1, n2, ce, nas] = ['n1', 'n2', 'ce', 'nas'].map((name) => ({ host: cables.host(name) }))
    if (!n1 || !n2 || !ce || !nas) throw new Error('these are there')
    await Promise.all([startEcho(ce, 7004), startEcho(ce, 7006), startTalk(ce, 7007)])
    await Promise.all([startTalk(ce, 7008), startEcho(nas, 7004), startEcho(n2, 7005)])
    await cables.build('both', allowing([7004, 7006, 7007, 7008], ['ce', 'nas']))
    const lost = await Promise.all([
      countEchoes(n1, '192.0.2.22', 7006),
      countTalk(n1, '192.0.2.22', 7007),
      countEchoes(n1, '192.0.2.30', 7004),
    ])
    const [clock, ...kept] = await Promise.all([
      countEchoes(n1, '192.0.2.22', 7004),
      countTalk(n1, '192.0.2.22', 7008),
      countEchoes(ce, '10.200.1.2', 7005),
    ])
    await cables.build('both', allowing([7004, 7008], ['ce']))
    for (const stream of lost) expect(await fallsSilent(stream, clock)).toBe(true)
    for (const stream of [clock, ...kept]) expect(await goesOn(stream)).toBe(true)
    await Promise.all([clock, ...lost, ...kept].map((stream) => stream.end()))
    await cables.build('both')
  })

  test('is heard by the hub that does not know yet by which tunnel it comes', async () => {
    await cables.build('both', { seats: [] })
    const hub = cables.host('hub').spawn([process.execPath, '-e', hearOne, inner, `${helloPort}`])
    await new Promise((resolve) => hub.stdout.once('data', resolve))
    const hello = [inner, 'dfa', 1400, 1, 5].map(String)
    const node = cables.host('n1').spawn([process.execPath, fixture('say-hello.ts'), ...hello])
    expect((await hub).stdout).toBe('listens\n10.200.1.1\n')
    killGroup(node.pid)
    await node
    await cables.build('both')
  })

  test('reaches its sibling where the site allows it', async () => {
    const sites = dualStack.config.sites.map((site) => ({ ...site, 'node-to-node': true }))
    await cables.build('both', { config: { ...dualStack.config, sites } })
    expect(await cables.open('n1', ['tcp/10.200.1.2/7001'])).toHaveLength(1)
    await cables.build('both')
  })
})

/** Towards every service of the site on these ports, and from it on one. */
function allowing(ports: readonly number[], services: string[]) {
  const { config } = dualStack
  const open = { 'from-nodes': ports.map((port) => `tcp/${port}`), 'to-nodes': ['tcp/7005'] }
  return {
    config: {
      ...config,
      services: config.services.map((service) => ({ ...service, ...open })),
      sites: config.sites.map((site) => ({ ...site, services })),
    },
  }
}

describe('others', () => {
  test('a service opens what it may open towards a node', async () => {
    const ways = ['tcp/10.200.1.1/7001', 'tcp/10.200.1.1/7002']
    expect(await cables.open('ce', ways)).toEqual(['tcp/10.200.1.1/7001'])
  })

  test('a service of another site reaches no node', async () => {
    expect(await cables.open('lsf', ['tcp/10.200.1.1/7002', 'tcp/10.200.0.1/7001'])).toEqual([])
  })

  test('the hub is no router for a service, nor for the centre', async () => {
    await cables.ip('ce', ['route add 203.0.113.0/24 via 10.200.0.1 dev vxl-hub1'])
    expect(await cables.open('ce', ['tcp/203.0.113.9/7001', 'tcp/10.200.0.1/7001'])).toEqual([])
    expect(await cables.open('secret', ['tcp/10.200.1.1/7001', 'tcp/203.0.113.9/7001'])).toEqual([])
  })

  test('a forged link brings nothing in', async () => {
    const link = 'link add forged type vxlan id 77 dstport 4789 local 192.0.2.66 remote 192.0.2.1'
    await cables.ip('secret', [
      link,
      'link set forged up',
      'addr add 192.0.2.22/32 dev lo',
      'neigh add 10.200.0.1 lladdr 02:00:00:00:00:01 dev forged',
      'route replace 10.200.1.1/32 via 10.200.0.1 dev forged src 192.0.2.22 onlink',
    ])
    const drops = await vxlanDrops()
    expect(await cables.open('secret', ['udp/10.200.1.1/7001/192.0.2.22'])).toEqual([])
    expect(await vxlanDrops()).toBeGreaterThan(drops)
    await cables.ip('secret', ['link del forged', 'addr del 192.0.2.22/32 dev lo'])
  })
})

/** By all rules about what goes into a link. */
async function vxlanDrops(): Promise<number> {
  const chain = await cables
    .host('hub')
    .must(['nft', 'list', 'chain', 'inet', 'dynfarm', 'origins'])
  const counts = [...chain.matchAll(/udp dport 4789 .*packets (\d+)/g)]
  return counts.reduce((sum, [, packets]) => sum + Number(packets), 0)
}
