import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LabHost } from '../lib/lab-host.ts'
import { arrivals, keepWatch, plain, type Raid } from '../lib/raids.ts'
import { type Centre, fixture, giveToken, joinService, startCentre, until } from './centre.ts'
import {
  a,
  b,
  ce,
  closedAnyway,
  closedByBoth,
  closedByFirewall,
  controls,
  fromOthers,
  hubInner,
  hubLocal,
  hubPublic,
  lsf,
  type Sights,
} from './walls-raids.ts'

/**
 * What must not work, tried packet by packet from machines that joined, from services, and from others around them.
 * What may pass goes with it, so that a test which sees nothing is seen.
 */
const service = (address: string) => ({
  address,
  link: 'vxlan',
  'from-nodes': ['udp/9618', 'tcp/9618', 'icmp'],
  'to-nodes': ['udp/9618', 'icmp'],
})

let centre: Centre
let watched: LabHost[]

beforeAll(async () => {
  centre = await startCentre({
    ...{ scenario: 'aruba', machines: 2 },
    site: { try: '6s', 'log-flows': true, classes: { bare: { services: [] } } },
    centre: {
      hubs: {
        hub1: { public: hubPublic, inner: hubInner, local: hubLocal, 'from-nodes': ['udp/7000'] },
      },
      services: { ce: service(ce), lsf: service(lsf) },
    },
  })
  const names = ['hub1', 'ce', 'lsf', 'secret', 'internet', 'aruba-a', 'aruba-b']
  watched = names.map((name) => centre.lab.host(name))
  await keepWatch(watched, ['secret', 'internet', 'aruba-b'])
  for (const name of ['ce', 'lsf'])
    expect(await joinService(centre, name)).toMatchObject({ code: 0 })
  await joinBoth()
})

afterAll(async () => {
  await centre?.stop()
})

/** One by WireGuard, the other by OpenVPN and in a class that may reach no service. */
async function joinBoth(): Promise<void> {
  const hook = 'type filter hook forward priority -10'
  const wall = `table inet walls { chain forward { ${hook}; ip saddr 10.1.4.2 udp dport 51820 drop; }; }`
  await centre.lab.host('aruba-nat').must(['nft', wall])
  await giveToken(centre, centre.lab.host('aruba-a'))
  expect(await centre.json('aruba-a', ['join'])).toMatchObject({ rung: 'wg', name: 'aruba-1' })
  await giveToken(centre, centre.lab.host('aruba-b'), { class: 'bare' })
  expect(await centre.json('aruba-b', ['join'])).toMatchObject({ rung: 'udp', name: 'aruba-2' })
  await openOwnEnd()
}

/** A node's own WireGuard would send to the hub only what join told it. */
async function openOwnEnd(): Promise<void> {
  const set = 'wg set tun-wg peer "$(wg show tun-wg peers)" allowed-ips 0.0.0.0/0,::/0'
  await centre.lab.host('aruba-a').must(['sh', '-c', set])
}

async function arrived(raids: readonly Raid[]): Promise<string[]> {
  return await arrivals(centre.lab, watched, raids)
}

async function look(): Promise<Sights> {
  const ends = ['hub1 eth0', 'hub1 eth1', 'hub1 vxl-ce', 'hub1 vxl-lsf', 'ce eth0', 'ce vxl-hub1']
  const links = await Promise.all(ends.map(linkAt))
  const at = (end: string) => links[ends.indexOf(end)]
  const inner = await hub().must(['ip', '-6', '-o', 'addr', 'show', 'scope', 'link'])
  return {
    linkLocal: (device) => new RegExp(` ${device} +inet6 ([^/]+)/`).exec(inner)?.[1] ?? '',
    card: (end) => at(end)?.address ?? '',
    network: (device) => at(`hub1 ${device}`)?.linkinfo?.info_data?.id ?? 0,
  }
}

interface SeenLink {
  address: string
  linkinfo?: { info_data?: { id?: number } }
}

async function linkAt(end: string): Promise<SeenLink | undefined> {
  const [name = '', device = ''] = end.split(' ')
  const show = ['ip', '-d', '-j', 'link', 'show', 'dev', device]
  const links: SeenLink[] = JSON.parse(await centre.lab.host(name).must(show))
  return links[0]
}

const named = (raids: readonly Raid[]) => raids.map(({ what }) => what)
const hub = () => centre.lab.host('hub1')

test('a node with root reaches what it may, and nothing else', async () => {
  expect(await arrived([...controls, ...closedByBoth, ...closedByFirewall])).toEqual(
    named(controls),
  )
  expect(await arrived([...closedAnyway(await look()), ...controls])).toEqual(named(controls))
})

test('services, the LAN and the Internet side reach nothing by hub, links or nodes’ names', async () => {
  const { allowed, closed } = fromOthers(await look())
  expect(await arrived([...closed, ...allowed])).toEqual(named(allowed))
})

test('a node that floods the hub with hellos does not crowd out the others', async () => {
  const flood = plain({ from: a, to: hubInner, port: 7789 })
  const raid = { what: '', host: 'aruba-a', device: 'tun-wg' }
  await arrived([{ ...raid, bytes: (length) => Array(1000).fill(flood(length)) }])
  const input = await hub().must(['nft', 'list', 'chain', 'inet', 'dynfarm', 'input'])
  const [, dropped] = /@hellos4.* counter packets (\d+)/.exec(input) ?? []
  expect(Number(dropped)).toBeGreaterThan(0)
  // Counting on from what its join said.
  const hello = [hubInner, 'udp', 1400, Number.MAX_SAFE_INTEGER, 10].map(String)
  const say = [process.execPath, fixture('say-hello.ts'), ...hello]
  expect((await centre.lab.host('aruba-b').run(say)).code).toBe(0)
})

test('what was tried is in the log of flows, refused by routing or firewall, or passed', async () => {
  const path = '/var/lib/dynfarm/hub/flows.jsonl'
  const flows = async (): Promise<Record<string, unknown>[]> =>
    (
      await hub()
        .read(path)
        .catch(() => '')
    )
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line))
  const from = { site: 'aruba', node: 'aruba-1', direction: 'from-node', proto: 'udp', from: a }
  const wanted = [
    { ...from, service: 'ce', to: ce, 'to-port': 9618, verdict: 'passed' },
    { ...from, service: 'ce', to: ce, 'to-port': 9619, verdict: 'refused' },
    { ...from, service: null, to: '192.0.2.66', 'to-port': 9618, verdict: 'refused' },
    { ...from, service: null, to: hubInner, 'to-port': 7000, verdict: 'passed' },
    { ...from, service: 'ce', direction: 'to-node', from: ce, to: a, 'to-port': 9618 },
  ]
  await until(async () => JSON.stringify(await flows()).includes('"to-node"'))
  expect(await flows()).toEqual(
    expect.arrayContaining(wanted.map((one) => expect.objectContaining(one))),
  )
})

test('routing alone, and the firewall alone, keep a node from strangers', async () => {
  await centre.kill('hub1', 'hub')
  const rules = await hub().must(['ip', '-j', 'rule'])
  await hub().must(['sh', '-c', 'nft list table inet dynfarm >/root/table'])
  await hub().must(['nft', 'delete', 'table', 'inet', 'dynfarm'])
  expect(await arrived([...closedByBoth, ...controls])).toEqual(named(controls))
  await hub().must(['sh', '-c', 'while ip rule del priority 7700 2>/dev/null; do :; done'])
  const reached = await arrived([...closedByBoth, ...closedByFirewall])
  const open = closedByBoth.filter(({ what }) => !/another node/.test(what))
  expect(reached).toEqual(expect.arrayContaining(named(open)))
  await hub().must(['nft', '-f', '/root/table'])
  expect(await arrived([...closedByBoth, ...closedByFirewall, ...controls])).toEqual(
    named(controls.slice(0, 2)),
  )
  centre.start('hub1', ['hub'])
  await until(async () => (await hub().must(['ip', '-j', 'rule'])) === rules)
})

const onlyB = controls.slice(0, 1)
const sshTo = async (address: string): Promise<boolean> => {
  const way = `tcp/${address}/22/${hubInner}`
  const told = await hub().must([process.execPath, fixture('probe.ts'), way])
  return JSON.parse(told)[way]
}

test('in quarantine nothing is left but ssh from the hub', async () => {
  expect(await arrived(onlyB)).toEqual(named(onlyB))
  await centre.dynfarm('server', ['node', 'revoke', 'aruba-2', '--quarantine'])
  await until(async () => (await arrived(onlyB)).length === 0)
  expect(await arrived([...controls, ...closedByBoth])).toEqual(named(controls.slice(1)))
  expect(await sshTo(b)).toBe(true)
})

test('who is in quarantine knows it from its next join on, and until the one after that', async () => {
  expect(await centre.json('aruba-b', ['join'])).toMatchObject({ quarantined: true })
  const { code, stdout } = await centre.dynfarm('aruba-b', ['status', '--json'])
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 4, quarantined: true })
  await centre.dynfarm('server', ['node', 'approve', 'aruba-2'])
  expect(await centre.json('aruba-b', ['join'])).not.toHaveProperty('quarantined')
})

test('who was revoked gets nothing through the tunnel that it had, nor another one', async () => {
  await centre.dynfarm('server', ['node', 'revoke', 'aruba-2'])
  await until(async () => !(await sshTo(b)))
  expect(await arrived([...controls, ...closedByBoth])).toEqual(named(controls.slice(1)))
  const { code, stderr } = await centre.dynfarm('aruba-b', ['join'])
  expect({ code, stderr }).toMatchObject({ code: 77 })
})

/** What a machine does that kept its keys from dynfarm. */
async function wireAgain(): Promise<boolean> {
  const script = `ip link del tun-wg 2>/dev/null; ip tuntap add tun-wg mode tun && wireguard-go tun-wg &&
until wg setconf tun-wg /root/kept 2>/dev/null; do sleep 0.1; done
ip addr add ${a}/32 dev tun-wg; ip link set tun-wg up; ip route add ${hubInner}/32 dev tun-wg metric 1
ping -c1 -i0.2 -w5 ${hubInner}; answer=$?; rm -f /run/wireguard/tun-wg.sock; exit $answer`
  return (await centre.lab.host('aruba-a').run(['sh', '-c', script])).code === 0
}

test('after down a machine reaches nothing, and after leave not by the keys that it had either', async () => {
  const machine = centre.lab.host('aruba-a')
  await machine.must(['sh', '-c', 'wg showconf tun-wg >/root/kept'])
  await centre.json('aruba-a', ['down'])
  for (const address of [ce, hubInner])
    expect((await machine.run(['ip', 'route', 'get', address])).stderr).toContain('No route')
  expect(await wireAgain()).toBe(true)
  await centre.json('aruba-a', ['leave'])
  await until(async () => (await hub().must(['wg', 'show', 'tun-wg', 'peers'])) === '')
  expect(await wireAgain()).toBe(false)
})
