import { afterAll, beforeAll, expect, test } from 'vitest'
import { countReading, parseCounts } from '../../../src/net/limits/count.ts'
import { VpnHost } from '../vpn/support.ts'
import {
  ce,
  config,
  connect,
  type Farm,
  type FarmNode,
  giveKey,
  inner,
  nodeRecord,
  type RunningHub,
  startFarm,
  startHub,
  stopFarm,
  tellHub,
  until,
  wireguardPair,
} from './farm.ts'

/** Two nodes of one site with limits on two rungs, and one of a site without. */
const cap = 20
const ports = [9618, 9619, 9620] as const
let farm: Farm
let other: FarmNode
let records: Parameters<typeof tellHub>[1]
let running: RunningHub

beforeAll(async () => {
  farm = await startFarm(3)
  const wireguard = wireguardPair()
  const key = { certificate: '4b'.repeat(16), wireguardKey: wireguard.public }
  const record = { ...nodeRecord(3, key), site: 'osaka', addresses: ['10.200.2.1'] }
  const host = new VpnHost(farm.lab.host('aruba-c'))
  other = { host, person: farm.a.person, wireguard, addresses: record.addresses }
  records = [farm.a.record, farm.b.record, record]
  await tellHub(farm, records, { config: limited })
  for (const port of ports) farm.ce.host.spawn(['iperf3', '-s', '-p', String(port)])
  // Somebody else's device has the name of a limit's.
  await farm.hub.host.must([
    'ip',
    'link',
    'add',
    'tx-aruba',
    'type',
    'veth',
    'peer',
    'name',
    'elsewhere',
  ])
  running = startHub(farm)
  await giveKey(farm.a)
  await giveKey(farm.b)
  await connect(farm.ends, farm.a, 'udp')
  await connect(farm.ends, farm.b, 'tcp')
  await connect(farm.ends, other, 'wg')
})

afterAll(async () => {
  if (process.env['SHOW'] !== undefined) console.log(running?.said())
  other?.host.remove()
  await stopFarm(farm)
})

test('where a limit cannot stand its site is held back, told by name, and no other is', async () => {
  expect(await other.host.reaches(ce)).toBe(true)
  expect(await farm.a.host.reaches(inner.hub)).toBe(true)
  expect(await farm.a.host.host.run(['ping', '-c', '1', '-W', '1', ce])).toMatchObject({ code: 1 })
  expect(running.said()).toMatch(
    /nodes of site "aruba" are held back, .*: a device "tx-aruba" is there that dynfarm did not make/,
  )
  await farm.hub.host.must(['ip', 'link', 'del', 'tx-aruba'])
  const areIn = async () => (await farm.a.host.reaches(ce)) && (await farm.b.host.reaches(ce))
  expect(await until(areIn)).toBe(true)
})

test.each(['rx', 'tx'] as const)('%s: one cap over two rungs, in equal shares', async (way) => {
  // UDP: of TCP not each sender always has something to send. The second node has four times as much as the first.
  const [, before = 0] = await counts(`${way}-aruba`)
  const [a = 0, b = 0, free = 0] = await measure(way, { streams: [1, 4] })
  expect(a + b).toBeLessThan(cap * 1.05)
  expect(a + b).toBeGreaterThan(cap * 0.7)
  expect(Math.min(a, b) / Math.max(a, b)).toBeGreaterThan(0.8)
  // The node of the other site would be in the class of the rest, where the device has its own few packets.
  const [, rest = 0] = await counts(`${way}-aruba`)
  expect(free * 1e6).toBeGreaterThan(20 * (rest - before))
})

test('ten connections of one node get no more than the one of another', async () => {
  const [one = 0, ten = 0] = await measure('rx', { count: 2, streams: [1, 10] })
  expect(one / ten).toBeGreaterThan(0.8)
  expect(one / ten).toBeLessThan(1.25)
})

test('a node alone has all of it', async () => {
  const before = await counts()
  const [alone = 0] = await measure('rx', { count: 1, streams: [1] })
  const [site, ...leaves] = await counts()
  // What the classes tell is no less than what iperf3 saw, and one leaf had all of it.
  const seen = ((site ?? 0) - (before[0] ?? 0)) * (8 / 4e6)
  expect(seen / alone).toBeGreaterThan(0.95)
  expect(Math.max(...leaves.map((bytes, at) => bytes - (before[at + 1] ?? 0)))).toBeGreaterThan(
    0.95 * ((site ?? 0) - (before[0] ?? 0)),
  )
  expect(seen).toBeGreaterThan(cap * 0.7)
  expect(alone).toBeLessThan(cap * 1.05)
})

test('a hub process that comes again resets nothing', async () => {
  const before = await sent()
  await running.kill()
  running = startHub(farm)
  const monitor = farm.hub.host.spawn(['tc', 'monitor'])
  let changes = ''
  monitor.stdout?.on('data', (data: Buffer) => {
    changes += data.toString()
  })
  expect(await until(async () => running.said().includes('begins'))).toBe(true)
  await measure('rx', { count: 1 })
  expect(await sent()).toBeGreaterThan(before)
  expect(changes).toBe('')
})

test('what a foreign hand takes away comes back, and its own stays', async () => {
  const dev = ['dev', 'tun-udp'] as const
  const foreign = [...dev, 'egress', 'protocol', 'ip', 'pref', '9', 'u32'] as const
  await tc('filter', 'add', ...foreign, 'match', 'ip', 'dst', '10.200.9.9', 'classid', '1:1')
  await tc('qdisc', 'del', 'dev', 'rx-aruba', 'root')
  await tc('filter', 'del', ...dev, 'ingress', 'pref', '7705')
  await farm.hub.host.must(['ip', 'link', 'del', 'tx-aruba'])
  const isWhole = async () =>
    (await classes('rx-aruba')) === 4 &&
    (await classes('tx-aruba')) === 4 &&
    (await filters('ingress')).includes('device tx-aruba')
  expect(await until(isWhole)).toBe(true)
  expect(await filters('egress')).toContain('pref 9')
  const [a = 0, b = 0] = await measure('tx', { count: 2 })
  expect(a + b).toBeLessThan(cap * 1.05)
})

test('a limit of the hub takes the place of the others: one over all sites, in equal shares', async () => {
  await running.kill()
  const hubs = config.hubs.map((hub) => ({ ...hub, rx: `${cap}Mbit`, tx: `${cap}Mbit` }))
  const [aruba, osaka] = limited.sites
  if (aruba === undefined || osaka === undefined) throw new Error('the farm has two sites')
  const sites = [{ ...aruba, tx: `${cap / 4}Mbit` }, osaka]
  await tellHub(farm, records, { config: { ...limited, hubs, sites } })
  running = startHub(farm)
  const isOne = async () =>
    (await classes('rx-all-sites')) === 11 && (await classes('tx-aruba')) === 0
  expect(await until(isOne)).toBe(true)
  // A site of two nodes has no more than one of one.
  const [a = 0, b = 0, c = 0] = await measure('rx', { streams: [1, 1, 1] })
  expect(a + b + c).toBeLessThan(cap * 1.05)
  expect(a + b + c).toBeGreaterThan(cap * 0.7)
  expect((a + b) / c).toBeGreaterThan(0.8)
  expect((a + b) / c).toBeLessThan(1.25)
  expect(Math.min(a, b) / Math.max(a, b)).toBeGreaterThan(0.7)
  // What one is not allowed to have is the other's.
  const [d = 0, e = 0, f = 0] = await measure('tx', { streams: [1, 1, 1] })
  expect(d + e).toBeLessThan((cap / 4) * 1.05)
  expect(d + e + f).toBeLessThan(cap * 1.05)
  expect(f).toBeGreaterThan(cap * 0.5)
  // Started again, it makes what lacks, and touches nothing else.
  await running.kill()
  await tc('qdisc', 'del', 'dev', 'rx-all-sites', 'parent', '1:3')
  expect(await isOne()).toBe(false)
  running = startHub(farm)
  expect(await until(isOne)).toBe(true)
  expect(running.said().match(/ tc .*/g)).toEqual([' tc -batch -  # limits of site aruba'])
})

const [site] = config.sites
if (site === undefined) throw new Error('the farm has no site')
const limited = {
  ...config,
  services: config.services.map((service) => ({
    ...service,
    'from-nodes': [`tcp/${ports[0]}-${ports[2]}`, `udp/${ports[0]}-${ports[2]}`, 'icmp'],
  })),
  sites: [
    { ...site, rx: `${cap}Mbit`, tx: `${cap}Mbit` },
    { ...site, site: 'osaka', nodes: ['10.200.2.0/24'] },
  ],
}

function nodes(): FarmNode[] {
  return [farm.a, farm.b, other]
}

/** What each of the first so many nodes gets when all take what they can, in Mbit/s. */
async function measure(
  way: 'rx' | 'tx',
  { count = 3, streams = [] }: { count?: number; streams?: readonly number[] } = {},
): Promise<number[]> {
  return await Promise.all(
    nodes()
      .slice(0, count)
      .map(async ({ host }, at) => {
        const number = streams[at] ?? 0
        const udp = ['-u', '-l', '1200', '-b', `${cap}M`, '-P', String(number)]
        const many = number === 0 ? [] : udp
        const words = ['-c', ce, '-p', String(ports[at]), '-t', '4', '-J', ...many]
        const back = way === 'rx' ? ['-R'] : []
        const { end } = JSON.parse(await host.host.must(['iperf3', ...words, ...back]))
        return (end.sum_received ?? end.sum).bits_per_second / 1e6
      }),
  )
}

async function sent(): Promise<number> {
  const text = await tc('-s', 'class', 'show', 'dev', 'rx-aruba', 'classid', '1:1')
  return Number(/Sent (\d+)/.exec(text)?.[1])
}

/** The bytes of the site's class, then those of the others. */
async function counts(device = 'rx-aruba'): Promise<number[]> {
  const [, ...words] = countReading(device)
  const tree = parseCounts(await tc(...words)).get(1) ?? new Map()
  const classes = [...tree].toSorted(([a], [b]) => a - b)
  return classes.map(([, { bytes }]) => bytes)
}

async function classes(dev: string): Promise<number> {
  const { stdout } = await farm.hub.host.run(['tc', 'class', 'show', 'dev', dev])
  return stdout.match(/^class htb/gm)?.length ?? 0
}

async function filters(end: string): Promise<string> {
  return await tc('filter', 'show', 'dev', 'tun-udp', end)
}

async function tc(...words: readonly string[]): Promise<string> {
  return await farm.hub.host.must(['tc', ...words])
}
