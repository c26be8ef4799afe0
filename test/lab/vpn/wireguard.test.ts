import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Network, nothing } from '../../../src/net/network.ts'
import { tunnelDevice } from '../../../src/vpn/names.ts'
import {
  planNoWireguardGo,
  planWireguardGo,
  type WireguardGo,
} from '../../../src/vpn/process/wireguard-go.ts'
import { dumpReading, parseDump } from '../../../src/vpn/wireguard/dump.ts'
import type { WireguardPeer } from '../../../src/vpn/wireguard/wireguard.ts'
import { type Lab, startLab } from '../lib/lab.ts'
import { VpnHost } from './support.ts'

const name = 'wg'
const dev = tunnelDevice(name)
const inner = { hub: '10.200.0.1', a: '10.200.1.1', b: '10.200.1.2' }
const port = 51820

let lab: Lab
let hub: VpnHost
let a: VpnHost
let b: VpnHost
let keys: Record<'hub' | 'a' | 'b' | 'a2', string>

beforeAll(async () => {
  lab = await startLab({ scenario: 'small', machines: 2 })
  hub = new VpnHost(lab.host('hub1'))
  a = new VpnHost(lab.host('aruba-a'))
  b = new VpnHost(lab.host('aruba-b'))
  keys = {
    hub: await makeKey(hub, '/run/wg.key'),
    a: await makeKey(a, '/run/wg.key'),
    b: await makeKey(b, '/run/wg.key'),
    a2: await makeKey(a, '/run/wg2.key'),
  }
})

afterAll(async () => {
  for (const host of [hub, a, b]) host?.remove()
  await lab?.stop()
})

test('two nodes behind one NAT reach their hub, and planning again finds nothing to do', async () => {
  await hub.network(network(inner.hub, [inner.a, inner.b]))
  await bring(hub, hubEnd(nodePeer(keys.a, inner.a), nodePeer(keys.b, inner.b)))
  for (const [host, address, publicKey] of [
    [a, inner.a, keys.a],
    [b, inner.b, keys.b],
  ] as const) {
    await host.network(network(address, [inner.hub]))
    await bring(host, nodeEnd(publicKey))
    await host.network(network(address, [inner.hub]))
    expect(await host.reaches(inner.hub)).toBe(true)
    expect(await hub.reaches(address)).toBe(true)
  }
})

test('one peer goes and comes, and the other keeps its session', async () => {
  const before = await peerAt(hub, keys.b)
  await bring(hub, hubEnd(nodePeer(keys.b, inner.b)))
  expect(await a.reaches(inner.hub, 1)).toBe(false)
  await bring(hub, hubEnd(nodePeer(keys.a, inner.a), nodePeer(keys.b, inner.b)))
  expect(await a.reaches(inner.hub, 40)).toBe(true)
  expect((await peerAt(hub, keys.b))?.handshake).toBe(before?.handshake)
})

test('an address that moved to another key is the new one’s alone', async () => {
  await bring(a, nodeEnd(keys.a2, '/run/wg2.key'))
  expect(await a.reaches(inner.hub, 1)).toBe(false)
  await bring(hub, hubEnd(nodePeer(keys.a2, inner.a), nodePeer(keys.b, inner.b)))
  expect(await a.reaches(inner.hub)).toBe(true)
  expect(await peerAt(hub, keys.a)).toBeUndefined()
})

test('what a failed run did is undone: the peers are those from before', async () => {
  const before = await statesOf(hub)
  const steps = planWireguardGo(hubEnd(nodePeer(keys.a, inner.a)), await observed(hub))
  const broken = { kind: 'command', reason: 'breaks', argv: ['false'] } as const
  await expect(hub.apply([...steps, broken])).rejects.toThrow('false')
  expect(await statesOf(hub)).toEqual(before)
})

test('a process that was killed is started again, with its device and routes as they were', async () => {
  const routes = await hub.host.must(['ip', 'route'])
  const kill = 'pkill -KILL -x wireguard-go; while pgrep -x wireguard-go; do sleep 0.1; done'
  await hub.host.must(['sh', '-c', kill])
  await bring(hub, hubEnd(nodePeer(keys.a2, inner.a), nodePeer(keys.b, inner.b)))
  expect(await hub.host.must(['ip', 'route'])).toBe(routes)
  await hub.network(network(inner.hub, [inner.a, inner.b]))
  // WireGuard finds out by itself that a session is lost 15 s after the first packet.
  expect(await a.reaches(inner.hub, 40)).toBe(true)
})

test('leaves nothing when it is taken down', async () => {
  for (const host of [hub, a, b]) {
    await host.apply(planNoWireguardGo(place, await observed(host)))
    await host.network(nothing)
    expect(planNoWireguardGo(place, await observed(host))).toEqual([])
    expect(await host.host.must(['find', '/run/wireguard', '-mindepth', '1'])).toBe('')
    expect((await host.host.run(['ip', 'link', 'show', dev])).code).toBe(1)
    expect((await host.host.run(['pgrep', '-x', 'wireguard-go'])).code).toBe(1)
  }
})

const place = { name, supervisor: 'none' } as const

function hubEnd(...peers: WireguardPeer[]): WireguardGo {
  const tunnel = { device: dev, publicKey: keys.hub, privateKeyFile: '/run/wg.key', port, peers }
  return { ...place, program: '/usr/bin/wireguard-go', tunnel, mtu: 1400, lasting: [] }
}

function nodeEnd(publicKey: string, privateKeyFile = '/run/wg.key'): WireguardGo {
  const endpoint = { address: '203.0.113.10', port }
  const peers = [{ publicKey: keys.hub, addresses: [inner.hub], endpoint, keepalive: 25 }]
  const tunnel = { device: dev, publicKey, privateKeyFile, peers }
  return { ...place, program: '/usr/bin/wireguard-go', tunnel, mtu: 1400, lasting: peers }
}

function nodePeer(publicKey: string, address: string): WireguardPeer {
  return { publicKey, addresses: [address] }
}

async function bring(host: VpnHost, wanted: WireguardGo): Promise<void> {
  await host.apply(planWireguardGo(wanted, await observed(host)))
  expect(planWireguardGo(wanted, await observed(host))).toEqual([])
}

async function observed(host: VpnHost) {
  return { device: parseDump(await host.read(dumpReading)).get(dev), files: new Map() }
}

async function peerAt(host: VpnHost, key: string) {
  return (await observed(host)).device?.peers.get(key)
}

async function statesOf(host: VpnHost) {
  const { device } = await observed(host)
  const peers = [...(device?.peers ?? [])].map(([key, { addresses }]) => ({ key, addresses }))
  return peers.sort((x, y) => (x.key < y.key ? -1 : 1))
}

function network(address: string, targets: readonly string[]): Network {
  return {
    ...nothing,
    devices: [{ kind: 'tun', name: dev, mtu: 1400 }],
    addresses: [{ dev, address }],
    routes: targets.map((to) => ({ table: 254, to, dev, src: address })),
  }
}

/** The key stays on its host. */
async function makeKey(host: VpnHost, path: string): Promise<string> {
  await host.host.must(['sh', '-c', 'umask 077 && wg genkey >"$1"', 'sh', path])
  return (await host.host.must(['sh', '-c', 'wg pubkey <"$1"', 'sh', path])).trim()
}
