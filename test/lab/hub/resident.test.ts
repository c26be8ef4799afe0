import { afterAll, beforeAll, expect, test } from 'vitest'
import { countEchoes, fallsSilent, startEcho } from './echoes.ts'
import {
  ce,
  connect,
  disconnect,
  dynfarm,
  type Farm,
  type FarmNode,
  fixture,
  giveKey,
  inner,
  type RunningHub,
  secret,
  startFarm,
  startHub,
  stopFarm,
  tellHub,
  until,
} from './farm.ts'

let farm: Farm
let running: RunningHub

beforeAll(async () => {
  farm = await startFarm()
  await giveKey(farm.a)
  await giveKey(farm.b)
  await tellHub(farm, [farm.a.record, farm.b.record])
  running = startHub(farm)
  await startEcho(farm.ce, 9618)
})

afterAll(async () => {
  if (process.env['SHOW'] !== undefined) console.log(running?.said())
  await stopFarm(farm)
})

test('nodes reach their service and it them, by WireGuard and by OpenVPN, and nothing else', async () => {
  await connect(farm.ends, farm.a, 'wg')
  await connect(farm.ends, farm.b, 'udp')
  for (const { host, addresses } of [farm.a, farm.b]) {
    expect(await host.reaches(inner.hub)).toBe(true)
    expect(await host.reaches(ce)).toBe(true)
    expect(await farm.ce.reaches(addresses[0] ?? '')).toBe(true)
    expect(await host.reaches(secret, 1)).toBe(false)
  }
  expect(await farm.a.host.reaches(inner.b, 1)).toBe(false)
})

test('a node that says hello by another rung is followed there, with its MTU', async () => {
  await disconnect(farm.a, 'wg')
  await connect(farm.ends, farm.a, 'tcp')
  expect(await hello(farm.a, 'tcp', { count: 5, mtu: 1300 })).toBe(true)
  expect(await routeTo(inner.a)).toContain('dev tun-tcp')
  expect(await routeTo(inner.a)).toContain('mtu lock 1300')
  expect(await farm.a.host.reaches(ce, 2)).toBe(true)
})

test('a hello that comes late does not take the route, and one for another hub is not heard', async () => {
  expect(await hello(farm.a, 'wg', { count: 4, mtu: 1400, seconds: 1 })).toBe(false)
  expect(await hello(farm.a, 'elsewhere', { count: 9, mtu: 1400, seconds: 1 })).toBe(false)
  expect(await routeTo(inner.a)).toContain('dev tun-tcp')
})

test('a connection survives that the hub process is killed, and comes again', async () => {
  const stream = await countEchoes(farm.a.host, ce, 9618)
  await running.kill()
  const atDeath = stream.count()
  expect(await until(async () => stream.count() > atDeath + 10)).toBe(true)
  const before = await farm.hub.host.must([
    'sh',
    '-c',
    'ip rule; ip route show table all; pgrep -a "openvpn|wireguard"',
  ])
  running = startHub(farm)
  expect(await until(async () => running.said().includes('begins'))).toBe(true)
  const atBirth = stream.count()
  expect(await until(async () => stream.count() > atBirth + 20)).toBe(true)
  expect(
    await farm.hub.host.must([
      'sh',
      '-c',
      'ip rule; ip route show table all; pgrep -a "openvpn|wireguard"',
    ]),
  ).toBe(before)
  await stream.end()
})

test('what a foreign hand flushes is there again', async () => {
  for (const flush of [
    'nft flush ruleset',
    'ip route flush proto 177 table all',
    'ip rule flush',
  ]) {
    await farm.hub.host.must([
      'sh',
      '-c',
      `${flush}; ip rule add lookup main pref 32766 2>/dev/null || :`,
    ])
    // Long before the round that comes anyhow.
    expect(await until(isWhole, 20), flush).toBe(true)
    expect(await farm.a.host.reaches(ce), flush).toBe(true)
  }
})

test('a daemon that dies is there again', async () => {
  await farm.hub.host.must([
    'sh',
    '-c',
    'pkill -KILL -F /run/dynfarm-hub/tcp/pid; pkill -KILL -x wireguard-go',
  ])
  const both = 'pgrep -F /run/dynfarm-hub/tcp/pid && pgrep -x wireguard-go && wg show tun-wg peers'
  const isThere = async () => (await farm.hub.host.run(['sh', '-c', both])).code === 0
  expect(await until(isThere, 20)).toBe(true)
  expect(await farm.a.host.reaches(ce)).toBe(true)
})

test('a node that is revoked at the hub loses its open connection, and comes back by no rung', async () => {
  const [stream, other] = [
    await countEchoes(farm.a.host, ce, 9618),
    await countEchoes(farm.b.host, ce, 9618),
  ]
  await dynfarm(farm, 'hub', 'revoke', 'aruba-1')
  expect(await fallsSilent(stream, other)).toBe(true)
  await Promise.all([stream.end(), other.end()])
  await connect(farm.ends, farm.a, 'wg')
  expect(await farm.a.host.reaches(inner.hub, 3)).toBe(false)
  expect(await farm.b.host.reaches(ce, 3)).toBe(true)
})

async function hello(
  { host }: FarmNode,
  rung: string,
  { count, mtu, seconds = 10 }: { count: number; mtu: number; seconds?: number },
): Promise<boolean> {
  const words = [inner.hub, rung, mtu, count, seconds].map(String)
  return (await host.host.run([process.execPath, fixture('say-hello.ts'), ...words])).code === 0
}

async function routeTo(address: string): Promise<string> {
  return await farm.hub.host.must(['ip', 'route', 'show', 'table', 'main', 'to', address])
}

async function isWhole(): Promise<boolean> {
  const show = 'nft list chain inet dynfarm forward && ip rule && ip route show table 7700'
  const { code, stdout } = await farm.hub.host.run(['sh', '-c', show])
  const words = ['drop', 'iif tun-tcp lookup 7700', `${ce} dev vxl-ce`]
  return code === 0 && words.every((word) => stdout.includes(word))
}
