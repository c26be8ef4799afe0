import { afterAll, beforeAll, expect, test } from 'vitest'
import { killGroup, type LabHost } from '../lib/lab-host.ts'
import { answers, listen, tcp } from './answers.ts'
import { type Centre, giveToken, joinService, startCentre, until } from './centre.ts'

/*
 * Three hubs, with nodes at each: of a site whose nodes may reach each other, and of one whose may not. With
 * DYNFARM_LONG=1 a node whose hub died waits as long as it does anywhere; otherwise its patience is shortened.
 */

const isLong = process.env['DYNFARM_LONG'] === '1'
const ce = '192.0.2.22'
/** Which the third hub alone has a link to. */
const ui = '192.0.2.24'

/** Each at the hub that has the number of its slot, at first. */
const nodes = {
  'friends-1': { host: 'os-a', inner: '10.200.2.1' },
  'friends-2': { host: 'os-b', inner: '10.200.2.2' },
  'friends-3': { host: 'os-c', inner: '10.200.2.3' },
  'aruba-1': { host: 'os-d', inner: '10.200.1.1' },
  'aruba-2': { host: 'os-e', inner: '10.200.1.2' },
} as const
type Name = keyof typeof nodes
const names = Object.keys(nodes) as Name[]
const friends = names.filter((name) => name.startsWith('friends'))
const numbers = [1, 2, 3] as const

const service = { link: 'vxlan', 'from-nodes': ['tcp/9618', 'icmp'], 'to-nodes': ['tcp/9618'] }
const hubOf = (n: number) => ({
  public: `203.0.113.${n === 3 ? 13 : 9 + n}`,
  inner: `10.200.0.${n}`,
  local: `192.0.2.${n === 3 ? 13 : 9 + n}`,
})
const farm = {
  'between-hubs': 'vxlan',
  // The first of them is the one by which services send what nobody told them about.
  hubs: { hub3: hubOf(3), hub1: hubOf(1), hub2: hubOf(2) },
  tunnels: Object.fromEntries(
    numbers.map((n) => [`wg${n}`, { kind: 'wireguard', hub: `hub${n}`, port: 51820 }]),
  ),
  services: {
    ce: { ...service, address: ce },
    ui: { ...service, address: ui, hubs: ['hub3'] },
  },
}

let centre: Centre

beforeAll(async () => {
  centre = await startCentre({
    scenario: 'three-hubs',
    machines: names.length,
    hubs: numbers.map((n) => `hub${n}`),
    centre: farm,
    site: { tunnels: [['wg1', 'wg2', 'wg3']], services: ['ce', 'ui'], try: '30s' },
    sites: { friends: { nodes: '10.200.2.0/24', 'node-to-node': true } },
  })
  for (const name of ['ce', 'ui'])
    expect(await joinService(centre, name)).toMatchObject({ code: 0 })
  await Promise.all(
    ['ce', 'ui', ...names.map((name) => nodes[name].host)].map((name) => listen(at(name))),
  )
})

afterAll(async () => {
  if (process.env['SHOW'] !== undefined)
    for (const name of ['hub1', 'hub2', 'hub3', 'ce']) console.log(name, centre?.said(name, 'hub'))
  await centre?.stop()
})

const at = (host: string): LabHost => centre.lab.host(host)
const machine = (name: Name) => at(nodes[name].host)
const lastOf = (name: Name) => Number(name.slice(-1))
const all = (ways: readonly string[], answer: boolean) =>
  Object.fromEntries(ways.map((way) => [way, answer]))

/** The device of each route to this node, whichever table it is in. */
async function devicesTo(name: Name, host: string): Promise<string[]> {
  const show = ['ip', '-j', '-4', 'route', 'show', 'table', 'all', 'to', nodes[name].inner]
  const routes: { dev?: string; dst: string }[] = JSON.parse(await at(host).must(show))
  const own = routes.filter(({ dst }) => dst === nodes[name].inner)
  return [...new Set(own.map(({ dev = '' }) => dev))]
}

/** Until every hub leads to it by the one hub that it is at. */
async function untilAt(name: Name, where: number): Promise<void> {
  const wanted = numbers.map((n) => (n === where ? `tun-wg${n}` : `hub-hub${where}`))
  const seen = () => Promise.all(numbers.map((n) => devicesTo(name, `hub${n}`)))
  let last = ''
  await until(
    async () => {
      last = (await seen()).join('; ')
      return last === wanted.join('; ')
    },
    () => `${name} is led to by ${last}`,
  )
}

test('nodes are spread over three hubs, each of which knows where all of them are', async () => {
  // One after the other, and with patience, so that each takes its first rung on a busy machine too.
  for (const name of names) {
    const [site = '', slot] = name.split('-')
    const token = await centre.token({ role: 'node', site, slot: Number(slot), uses: 1 })
    await giveToken(centre, machine(name), { token })
    expect(await centre.json(nodes[name].host, ['join'])).toMatchObject({
      ...{ name, rung: `wg${lastOf(name)}`, state: 'ready', problems: [] },
    })
  }
  await Promise.all(names.map((name) => untilAt(name, lastOf(name))))
})

test('a service whose packets all go by the third hub, and the nodes of every hub, reach each other', async () => {
  expect(await at('ce').must(['ip', 'route', 'get', nodes['friends-1'].inner])).toContain(
    'dev vxl-hub3',
  )
  for (const name of names)
    expect(await answers(machine(name), tcp(ce), tcp(ce, 9619))).toEqual({
      [tcp(ce)]: true,
      [tcp(ce, 9619)]: false,
    })
  const ways = names.map((name) => tcp(nodes[name].inner))
  const closed = names.map((name) => tcp(nodes[name].inner, 9619))
  expect(await answers(at('ce'), ...ways, ...closed)).toEqual({
    ...all(ways, true),
    ...all(closed, false),
  })
})

test('a service that one hub has a link to is reached from that one alone, and reaches its nodes alone', async () => {
  for (const name of friends)
    expect(await answers(machine(name), tcp(ui))).toEqual({ [tcp(ui)]: name === 'friends-3' })
  const ways = names.map((name) => tcp(nodes[name].inner))
  expect(await answers(at('ui'), ...ways)).toEqual({
    ...all(ways, false),
    [tcp(nodes['friends-3'].inner)]: true,
  })
})

/** A node that sends to whom it likes, as root can. */
async function openOwnEnd(name: Name): Promise<void> {
  const device = `tun-wg${lastOf(name)}`
  const open = `wg set ${device} peer "$(wg show ${device} peers)" allowed-ips 0.0.0.0/0
    ip route replace 10.200.0.0/16 dev ${device} src ${nodes[name].inner}`
  await machine(name).must(['sh', '-ec', open])
}

test('nodes reach each other over any two hubs where their site allows it, and nobody else does', async () => {
  await Promise.all((['aruba-1', 'aruba-2'] as const).map(openOwnEnd))
  const seen = await Promise.all(
    names.map(async (from) => {
      const ways = names.filter((to) => to !== from).map((to) => tcp(nodes[to].inner, 9619))
      return await answers(machine(from), ...ways)
    }),
  )
  const wanted = names.map((from) =>
    Object.fromEntries(
      names
        .filter((to) => to !== from)
        .map((to) => [tcp(nodes[to].inner, 9619), friends.includes(from) && friends.includes(to)]),
    ),
  )
  expect(seen).toEqual(wanted)
  for (const name of ['aruba-1', 'aruba-2'] as const)
    expect(await answers(machine(name), tcp(ce))).toEqual({ [tcp(ce)]: true })
})

/** The same loop, which asks at once and gives up after seconds. */
async function shortenPatience(host: LabHost): Promise<void> {
  const pidFile = '/run/dynfarm/node/keepalive.pid'
  const [pid = '', shell, script, , , ...words] = (await host.must(['pgrep', '-a', '-F', pidFile]))
    .trim()
    .split(' ')
  const start = `kill ${pid}; setsid "$@" </dev/null >/dev/null 2>&1 & echo "$!" >${pidFile}`
  await host.must(['sh', '-c', start, 'sh', shell ?? '', script ?? '', '0.2', '3', ...words])
}

test('a node whose hub is gone for good goes to another one by itself, and both ways are open again', {
  timeout: 400_000,
}, async () => {
  centre.start('ce', ['hub', '--verbose'])
  const own = machine('friends-1')
  const { inner } = nodes['friends-1']
  const profile = '/etc/dynfarm/sites/friends.yaml'
  await at('server').must(['sed', '-i', 's/^try: .*/try: 4s/', profile])
  await centre.json('server', ['reload'])
  await until(async () => (await devicesTo('friends-1', 'ce')).join() === 'vxl-hub1')
  await at('hub1').must(['sh', '-c', 'ip link set eth0 down; ip link set eth1 down'])
  if (!isLong) await shortenPatience(own)
  const moved = async () => (await devicesTo('friends-1', 'hub2')).join() === 'tun-wg2'
  await until(moved, () => 'it does not come', 300_000)
  const status = async () => JSON.parse((await centre.dynfarm('os-a', ['status', '--json'])).stdout)
  await until(async () => (await status()).state === 'ready')
  expect((await status()).tunnel).toMatchObject({ rung: 'wg2', answers: true })
  await until(async () => (await devicesTo('friends-1', 'ce')).join() === 'vxl-hub2')
  expect(await answers(own, tcp(ce))).toEqual({ [tcp(ce)]: true })
  expect(await answers(at('ce'), tcp(inner))).toEqual({ [tcp(inner)]: true })
  for (const sibling of ['friends-2', 'friends-3'] as const)
    expect(await answers(machine(sibling), tcp(inner))).toEqual({ [tcp(inner)]: true })
})

test('when that hub is back the node stays where it is, and nobody has two ways to it', async () => {
  const { inner } = nodes['friends-1']
  const others = ['hub2', 'hub3', 'ce']
  const led = () => Promise.all(others.map((host) => devicesTo('aruba-1', host)))
  await until(async () => (await led()).flat().length === 0)
  const watched = others.map((host) => watchRoutes(at(host)))
  await centre.lab.reboot('hub1')
  centre.start('hub1', ['hub', '--verbose'])
  // It knows both of its nodes from before, and says so of the one that is nowhere else.
  await until(async () => (await led()).join('; ') === 'hub-hub1; hub-hub1; vxl-hub1')
  await untilAt('friends-1', 2)
  for (const changes of watched.map(({ end }) => end())) {
    expect(changes).toContain(nodes['aruba-1'].inner)
    expect(changes).not.toContain(inner)
  }
  expect(await devicesTo('friends-1', 'ce')).toEqual(['vxl-hub2'])
  expect(await centre.json('os-a', ['join'])).toMatchObject({ rung: 'wg2', changed: false })
  expect(await answers(at('ce'), tcp(inner))).toEqual({ [tcp(inner)]: true })
  expect(await answers(machine('friends-1'), tcp(ce))).toEqual({ [tcp(ce)]: true })
})

/** Every change of a host's routes until its end. */
function watchRoutes(host: LabHost): { end(): string } {
  const child = host.spawn(['ip', '-4', 'monitor', 'route'])
  let said = ''
  child.stdout?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  return {
    end: () => {
      killGroup(child.pid)
      return said
    },
  }
}
