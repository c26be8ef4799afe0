import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Network, nothing } from '../../../src/net/network.ts'
import {
  tlsCryptClientKey,
  tlsCryptServerKey,
  tlsCryptSharedKey,
} from '../../../src/pki/tls-crypt.ts'
import { tunnelDevice, tunnelPaths } from '../../../src/vpn/names.ts'
import { renderClientConfig } from '../../../src/vpn/openvpn/client-config.ts'
import { askStatus, killCertificate } from '../../../src/vpn/openvpn/commands.ts'
import { renderServerConfig } from '../../../src/vpn/openvpn/server-config.ts'
import { isAtLeast, type OpenvpnVersion, parseVersion } from '../../../src/vpn/openvpn/version.ts'
import { type OpenvpnProcess, planOpenvpn } from '../../../src/vpn/process/openvpn.ts'
import { type Authorities, createAuthorities, createPerson, type Person } from '../../pki/people.ts'
import { type Lab, startLab } from '../lib/lab.ts'
import { VpnHost } from './support.ts'

const run = '/run/dynfarm'
const program = '/usr/sbin/openvpn'
const key = '/run/key.pem'
const inner = { hub: '10.200.0.1', node: '10.200.1.1' }
const inner6 = { hub: 'fd5a::1', node: 'fd5a::1:1' }
const failing = { kind: 'command', reason: 'fails', argv: ['false'] } as const
const noClients = { kind: 'status', clients: [] }
const runAs = { user: 'nobody', group: 'nogroup' }
const now = new Date()

let lab: Lab
let hub: VpnHost
let node: VpnHost
let people: { authorities: Authorities; hub: Person; impostor: Person; node: Person }
let version: OpenvpnVersion
const secret = Buffer.alloc(32, 7)
const serverKey = tlsCryptServerKey(secret, 'any')
const clientKey = tlsCryptClientKey(secret, { tunnel: 'any', node: 'node-1' })
const sharedKey = tlsCryptSharedKey(secret, 'any')

beforeAll(async () => {
  lab = await startLab({ scenario: 'small' })
  hub = new VpnHost(lab.host('hub1'))
  node = new VpnHost(lab.host('aruba-a'))
  const authorities = await createAuthorities(now)
  const make = (role: 'hub' | 'node') => createPerson(authorities, { role, now })
  people = {
    authorities,
    hub: await make('hub'),
    impostor: await make('hub'),
    node: await make('node'),
  }
  await hub.host.write(key, people.hub.key)
  await node.host.write(key, people.node.key)
  version = parseVersion(await node.read({ argv: [program, '--version'] })) ?? {
    major: 0,
    minor: 0,
  }
})

afterAll(async () => {
  hub?.remove()
  node?.remove()
  await lab?.stop()
})

export interface Kind {
  proto: 'udp' | 'tcp'
  port: number
  /** What this node can take for its version. */
  known?: OpenvpnVersion
}

/** What holds for a tunnel of either kind, one test building on the other. */
export function describeTunnel({ proto, port, known }: Kind): void {
  const name = proto
  const dev = tunnelDevice(name)
  const paths = tunnelPaths(run, name)
  const isOld = known !== undefined && !isAtLeast(known, 2, 5)
  const common = () => ({ name, proto, port, mtu: 1400, version, runAs })
  const ends = { ca: paths.ca, certificate: paths.certificate, key, management: paths.management }

  const server = (certificate = people.hub.certificate): OpenvpnProcess => ({
    ...{ name, program, supervisor: 'none', paths, end: 'hub', certificate },
    ca: people.authorities.node.certificate,
    tlsCrypt: { secret: serverKey },
    tlsCryptShared: { secret: sharedKey },
    config: renderServerConfig({
      ...common(),
      paths: { ...ends, tlsCrypt: paths.tlsCrypt, tlsCryptShared: paths.tlsCryptShared },
      clients: paths.clients,
      maxClients: 160,
    }),
  })

  const client = (addresses = ['203.0.113.10']): OpenvpnProcess => ({
    ...{ name, program, supervisor: 'none', paths, end: 'node' },
    ca: people.authorities.hub.certificate,
    certificate: people.node.certificate,
    ...(isOld ? { tlsCryptShared: { secret: sharedKey } } : { tlsCrypt: { secret: clientKey } }),
    config: renderClientConfig({
      ...common(),
      ...(known && { version: known }),
      paths: {
        ...ends,
        ...(isOld ? { tlsCryptShared: paths.tlsCryptShared } : { tlsCrypt: paths.tlsCrypt }),
      },
      addresses,
      hub: people.hub.id,
    }),
  })

  const admitted = () => [{ certificate: people.node.id, addresses: [inner.node, inner6.node] }]

  test('carries both families between fixed addresses, and planning again finds nothing to do', async () => {
    await hub.network(hubNetwork(dev))
    await node.network(nodeNetwork(dev))
    const first = planOpenvpn(server(), await hub.observe(server()))
    await expect(hub.apply([...first, failing])).rejects.toThrow('false')
    expect((await hub.host.run(['test', '-e', paths.folder])).code).toBe(1)
    expect((await hub.host.run(['pgrep', '-x', 'openvpn'])).code).toBe(1)
    await hub.openvpn(server())
    await hub.clients(paths.clients, admitted())
    const told = hub.ask(paths.management, '', 'established')
    await node.openvpn(client())
    expect(await node.reaches(inner.hub)).toBe(true)
    expect(await node.reaches(inner6.hub)).toBe(true)
    expect(await hub.reaches(inner.node)).toBe(true)
    expect((await told).at(-1)).toMatchObject({ certificate: people.node.id })
    expect(await hub.ask(paths.management, askStatus, 'status')).toContainEqual({
      kind: 'status',
      clients: [
        expect.objectContaining({
          certificate: people.node.id,
          addresses: [inner.node, inner6.node],
          outer: { address: '198.51.100.10', port: expect.any(Number) },
        }),
      ],
    })
  })

  test('a failed change is undone: what ran before runs again', async () => {
    const before = await hub.observe(server())
    const steps = planOpenvpn({ ...server(), config: `${server().config}# new\n` }, before)
    await expect(hub.apply([...steps, failing])).rejects.toThrow('false')
    expect(await hub.observe(server())).toEqual(before)
    expect(before.running).toBeDefined()
  })

  test('comes back by itself when its hub restarts', async () => {
    await hub.noOpenvpn(server())
    expect(await node.reaches(inner.hub, 1)).toBe(false)
    await hub.openvpn(server())
    await hub.clients(paths.clients, admitted())
    expect(await node.reaches(inner.hub, 45)).toBe(true)
  })

  test('ends for a certificate that is revoked, and lets it in no more', async () => {
    await hub.clients(paths.clients, [])
    const kill = killCertificate(people.node.id)
    const told = await hub.ask(paths.management, kill, 'success')
    expect(told.at(-1)).toMatchObject({ text: expect.stringContaining('1 client(s) killed') })
    const again = await hub.ask(paths.management, kill, 'error')
    expect(again.at(-1)).toMatchObject({ kind: 'error' })
    expect(await node.reaches(inner.hub, 1)).toBe(false)
    await node.noOpenvpn(client())
    await node.openvpn(client())
    expect(await node.reaches(inner.hub, 4)).toBe(false)
    expect(await hub.ask(paths.management, askStatus, 'status')).toContainEqual(noClients)
    // Refused it goes on trying, for the hub that hears of its node a moment late.
    await hub.clients(paths.clients, admitted())
    expect(await node.reaches(inner.hub, 30)).toBe(true)
  })

  test('an impostor with another certificate of the hubs is left alone', async () => {
    await hub.host.write(key, people.impostor.key)
    await hub.openvpn(server(people.impostor.certificate))
    expect(await node.reaches(inner.hub, 5)).toBe(false)
    expect(await hub.ask(paths.management, askStatus, 'status')).toContainEqual(noClients)
    await hub.host.write(key, people.hub.key)
    await hub.openvpn(server())
    expect(await node.reaches(inner.hub, 45)).toBe(true)
  })

  test('an address that does not answer is passed over', async () => {
    await node.openvpn(client(['2001:db8:1::99', '203.0.113.10']))
    expect(await node.reaches(inner.hub)).toBe(true)
  })

  test('leaves nothing when it is taken down', async () => {
    await hub.clients(paths.clients, [])
    for (const [host, process] of [
      [hub, server()],
      [node, client()],
    ] as const) {
      await host.noOpenvpn(process)
      await host.network(nothing)
      expect(await host.host.must(['find', run, '-mindepth', '1'])).toBe('')
      expect((await host.host.run(['pgrep', 'openvpn'])).code).toBe(1)
      expect((await host.host.run(['ip', 'link', 'show', dev])).code).toBe(1)
    }
  })
}

function hubNetwork(dev: string): Network {
  return {
    ...nothing,
    devices: [{ kind: 'tun', name: dev, user: 'nobody', mtu: 1400 }],
    addresses: [
      { dev, address: inner.hub },
      { dev, address: inner6.hub },
    ],
    routes: [
      { table: 254, to: inner.node, dev },
      { table: 254, to: inner6.node, dev },
    ],
  }
}

function nodeNetwork(dev: string): Network {
  return {
    ...nothing,
    devices: [{ kind: 'tun', name: dev, user: 'nobody', mtu: 1400 }],
    addresses: [
      { dev, address: inner.node },
      { dev, address: inner6.node },
    ],
    routes: [
      { table: 254, to: inner.hub, dev, src: inner.node },
      { table: 254, to: inner6.hub, dev, src: inner6.node },
    ],
  }
}
