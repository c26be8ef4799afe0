import { expect, test } from 'vitest'
import type { Tools } from '../../src/client/observe-tools.ts'
import type { HubIdentity } from '../../src/hub/identity.ts'
import { rosterOf } from '../../src/hub/roster.ts'
import {
  clientsOf,
  deviceOf,
  openvpnProcess,
  wireguardTunnel,
} from '../../src/hub/tunnels/wanted.ts'
import { feedNode, known, wireguardKey } from './records.ts'

const tools: Tools = {
  ...{ supervisor: 'none', runAs: { user: 'nobody', group: 'nogroup' } },
  openvpn: { program: '/usr/sbin/openvpn', version: { major: 2, minor: 6 } },
  ...{ hasKernelWireguard: true, wireguardGo: undefined, ping: '/bin/ping' },
}
const wg = { name: 'wg', kind: 'wireguard', proto: 'udp', addresses: [], port: 51820 } as const
const wgTunnel = { ...wg, addresses: [] as string[] }
const tcp = { ...wgTunnel, name: 'tcp', kind: 'openvpn', proto: 'tcp', port: 443 } as const
const identity: HubIdentity = {
  ...{ urls: [], pins: [], key: 'KEY', certificate: 'CERT', nodeAuthority: 'NODES' },
  wireguard: { private: 'PRIVATE', public: wireguardKey(500) },
  ...{ role: 'hub', name: 'hub1', id: 'h', centre: 'example', releaseKey: '' },
  ...{ keyFile: '/s/key.pem', wireguardKeyFile: '/s/wg.key' },
}

test.each([
  ['WireGuard in the kernel', wgTunnel, tools, [], 'wireguard'],
  ['WireGuard beside it', wgTunnel, { ...tools, hasKernelWireguard: false }, [], 'tun'],
  ['WireGuard that is a tun already', wgTunnel, tools, ['tun'], 'tun'],
  [
    'WireGuard that is the kernel’s already',
    wgTunnel,
    { ...tools, hasKernelWireguard: false },
    ['wireguard'],
    'wireguard',
  ],
  ['OpenVPN', { ...tcp, name: 'wg' }, tools, [], 'tun'],
] as const)('the device of %s', (_, tunnel, has, there, kind) => {
  const observed = there.map((one) => ({ kind: one, name: 'tun-wg', mtu: 1420, up: true }))
  expect(deviceOf({ ...tunnel, addresses: [] }, has, observed)).toMatchObject({ kind, mtu: 1420 })
})

test('OpenVPN’s device belongs to whom it goes on as', () => {
  expect(deviceOf({ ...tcp, addresses: [] }, tools, [])).toMatchObject({ user: 'nobody' })
})

test('both certificates of a node let it in, with the same addresses', () => {
  const { nodes } = rosterOf(known(feedNode(1, { previousCertificate: '5'.repeat(32) })))
  const addresses = ['10.200.0.1']
  expect(clientsOf(nodes)).toEqual([
    { certificate: feedNode(1).certificate, addresses },
    { certificate: '5'.repeat(32), addresses },
  ])
})

test('peers are the nodes with a key, and never the hub itself', () => {
  const own = feedNode(3, { wireguardKey: wireguardKey(500) })
  const { nodes } = rosterOf(known(feedNode(1), feedNode(2, { wireguardKey: null }), own))
  const { peers, ...device } = wireguardTunnel(wgTunnel, identity, nodes)
  expect(peers).toEqual([{ publicKey: wireguardKey(1), addresses: ['10.200.0.1'] }])
  expect(device).toMatchObject({ device: 'tun-wg', port: 51820, privateKeyFile: '/s/wg.key' })
})

test.each([
  ['127.0.0.1:8443', 'port-share 127.0.0.1 8443'],
  ['[::1]:8443', 'port-share ::1 8443'],
])('a tcp tunnel passes on to %s what is not OpenVPN', (share, line) => {
  const tunnel = { ...tcp, addresses: [], 'port-share': share }
  expect(openvpnProcess(tunnel, tools, identity).config).toContain(`${line}\n`)
  expect(openvpnProcess({ ...tunnel, proto: 'udp' }, tools, identity).config).not.toContain('share')
})

test('an OpenVPN process has the hub’s certificate, and the nodes’ authority', () => {
  const process = openvpnProcess({ ...tcp, addresses: [] }, tools, identity)
  expect(process).toMatchObject({ ca: 'NODES', certificate: 'CERT', end: 'hub' })
  expect(process.config).toContain('key /s/key.pem\n')
  expect(process.config).not.toContain('KEY')
})

test('an OpenVPN process has the tunnel’s keys as files, and none where it was told none', () => {
  const tlsCrypt = { server: 'SERVER', shared: 'SHARED' }
  const process = openvpnProcess({ ...tcp, addresses: [], tlsCrypt }, tools, identity)
  expect(process).toMatchObject({
    tlsCrypt: { secret: 'SERVER' },
    tlsCryptShared: { secret: 'SHARED' },
  })
  expect(process.config).toContain('tls-crypt-v2 /run/dynfarm-hub/tcp/tls-crypt.key\n')
  expect(process.config).toContain('tls-crypt /run/dynfarm-hub/tcp/tls-crypt-shared.key\n')
  expect(process.config).not.toMatch(/SERVER|SHARED/)
  const { config, ...bare } = openvpnProcess({ ...tcp, addresses: [] }, tools, identity)
  expect(config).not.toContain('tls-crypt')
  expect(bare).not.toHaveProperty('tlsCrypt')
})

test('what a host lacks is named with the tunnel that needs it', () => {
  expect(() =>
    openvpnProcess({ ...tcp, addresses: [] }, { ...tools, openvpn: undefined }, identity),
  ).toThrow('program "openvpn" is not installed, which tunnel "tcp" needs')
})
