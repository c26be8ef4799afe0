import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ClientTunnel, renderClientConfig } from '../../../src/vpn/openvpn/client-config.ts'
import { renderConfig } from '../../../src/vpn/openvpn/config-text.ts'
import { renderServerConfig, type ServerTunnel } from '../../../src/vpn/openvpn/server-config.ts'
import { parseVersion } from '../../../src/vpn/openvpn/version.ts'

const id = `4${'a'.repeat(31)}`

const common = {
  name: 'udp',
  version: { major: 2, minor: 6 },
  proto: 'udp',
  port: 1194,
  mtu: 1400,
  paths: {
    ca: '/r/ca.pem',
    certificate: '/r/certificate.pem',
    key: '/var/lib/dynfarm/node/key.pem',
    management: '/r/management.sock',
  },
} as const

const client: ClientTunnel = {
  ...common,
  addresses: ['203.0.113.10', '2001:db8:1::10'],
  hub: id,
}
const server: ServerTunnel = { ...common, clients: '/r/clients', maxClients: 160 }

const shared = `errors-to-stderr
dev tun-udp
dev-type tun
topology subnet
ifconfig-noexec
route-noexec
script-security 0
persist-tun
persist-key
tun-mtu 1400
mssfix 0
txqueuelen 1000
sndbuf 2097152
rcvbuf 2097152
fast-io
`
const security = `ca /r/ca.pem
cert /r/certificate.pem
key /var/lib/dynfarm/node/key.pem
tls-version-min 1.2
data-ciphers AES-256-GCM:CHACHA20-POLY1305
allow-compression no
disable-dco
auth-nocache
`
const management = `management /r/management.sock unix
management-log-cache 100
suppress-timestamps
`

test('the node’s end', () => {
  expect(renderClientConfig(client)).toBe(`tls-client
pull
${shared}nobind
proto udp
remote 203.0.113.10 1194 udp4
remote 2001:db8:1::10 1194 udp6
explicit-exit-notify 1
${security}remote-cert-tls server
verify-x509-name ${id} name
route-nopull
pull-filter accept "peer-id "
pull-filter accept "cipher "
pull-filter accept "protocol-flags "
pull-filter accept "key-derivation "
pull-filter ignore ""
ping 8
ping-restart 30
connect-retry 1 3
server-poll-timeout 8
hand-window 20
auth-retry nointeract
${management}verb 3
`)
})

test('the hub’s end', () => {
  expect(renderServerConfig(server)).toBe(`mode server
tls-server
dh none
${shared}proto udp
port 1194
multihome
explicit-exit-notify 1
${security}verify-client-cert require
remote-cert-tls client
client-config-dir /r/clients
ccd-exclusive
max-clients 160
hash-size 4096 4096
connect-freq 1000 10
connect-freq-initial 1000 10
ping 8
ping-restart 60
${management}verb 2
`)
})

describe('what differs', () => {
  const lines = (text: string) => new Set(text.split('\n'))
  const difference = (from: string, to: string) => [
    ...[...lines(from)].filter((line) => !lines(to).has(line)).map((line) => `- ${line}`),
    ...[...lines(to)].filter((line) => !lines(from).has(line)).map((line) => `+ ${line}`),
  ]
  const onlyUdp = ['- sndbuf 2097152', '- rcvbuf 2097152', '- fast-io']
  const tlsCrypt = { paths: { ...common.paths, tlsCrypt: '/r/tls-crypt.key' } }
  const shared = { paths: { ...common.paths, tlsCryptShared: '/r/shared.key' } }

  test.each<[string, Partial<ClientTunnel>, string[]]>([
    ['OpenVPN 2.5', { version: { major: 2, minor: 5 } }, ['- disable-dco', '+ cipher AES-256-GCM']],
    [
      'OpenVPN 2.4',
      { version: { major: 2, minor: 4 } },
      [
        '- data-ciphers AES-256-GCM:CHACHA20-POLY1305',
        '- allow-compression no',
        '- disable-dco',
        '+ ncp-ciphers AES-256-GCM',
        '+ cipher AES-256-GCM',
      ],
    ],
    ['OpenVPN 3.0', { version: { major: 3, minor: 0 } }, []],
    [
      'tcp',
      { proto: 'tcp' },
      [
        ...onlyUdp,
        '- proto udp',
        '- remote 203.0.113.10 1194 udp4',
        '- remote 2001:db8:1::10 1194 udp6',
        '- explicit-exit-notify 1',
        '+ proto tcp-client',
        '+ remote 203.0.113.10 1194 tcp4-client',
        '+ remote 2001:db8:1::10 1194 tcp6-client',
        '+ socket-flags TCP_NODELAY',
      ],
    ],
    [
      'tcp through a proxy',
      { proto: 'tcp', proxy: { host: 'proxy.example', port: 3128, credentials: '/r/proxy' } },
      [
        ...onlyUdp,
        '- proto udp',
        '- remote 203.0.113.10 1194 udp4',
        '- remote 2001:db8:1::10 1194 udp6',
        '- explicit-exit-notify 1',
        '+ proto tcp-client',
        '+ remote 203.0.113.10 1194 tcp-client',
        '+ http-proxy proxy.example 3128 /r/proxy basic',
        '+ socket-flags TCP_NODELAY',
      ],
    ],
    ['an address twice', { addresses: [...client.addresses, '203.0.113.10'] }, []],
    ['tls-crypt-v2', tlsCrypt, ['+ tls-crypt-v2 /r/tls-crypt.key']],
    ['tls-crypt', shared, ['+ tls-crypt /r/shared.key']],
    [
      'dropped privileges',
      { runAs: { user: 'nobody', group: 'nogroup' } },
      ['+ user nobody', '+ group nogroup'],
    ],
  ])('at the node with %s', (_, change, wanted) => {
    const changed = renderClientConfig({ ...client, ...change })
    expect(difference(renderClientConfig(client), changed)).toEqual(wanted)
  })

  test.each<[string, Partial<ServerTunnel>, string[]]>([
    [
      'many clients',
      { maxClients: 9000 },
      [
        '- max-clients 160',
        '- connect-freq 1000 10',
        '- connect-freq-initial 1000 10',
        '+ max-clients 9000',
        '+ connect-freq 9000 10',
        '+ connect-freq-initial 9000 10',
      ],
    ],
    [
      'tcp and a shared port',
      { proto: 'tcp', port: 443, portShare: { host: '192.0.2.9', port: 8443 } },
      [
        ...onlyUdp,
        '- proto udp',
        '- port 1194',
        '- multihome',
        '- explicit-exit-notify 1',
        '- connect-freq 1000 10',
        '- connect-freq-initial 1000 10',
        '+ proto tcp-server',
        '+ port 443',
        '+ tcp-nodelay',
        '+ port-share 192.0.2.9 8443',
      ],
    ],
    [
      'OpenVPN 2.5',
      { version: { major: 2, minor: 5 } },
      ['- disable-dco', '- connect-freq-initial 1000 10', '+ cipher AES-256-GCM'],
    ],
    ['tls-crypt-v2', tlsCrypt, ['+ tls-crypt-v2 /r/tls-crypt.key']],
    [
      'tls-crypt for old nodes besides',
      { paths: { ...tlsCrypt.paths, ...shared.paths } },
      ['+ tls-crypt-v2 /r/tls-crypt.key', '+ tls-crypt /r/shared.key'],
    ],
  ])('at the hub with %s', (_, change, wanted) => {
    const changed = renderServerConfig({ ...server, ...change })
    expect(difference(renderServerConfig(server), changed)).toEqual(wanted)
  })

  test('a key that this OpenVPN does not know is an error of the user’s', () => {
    const old = { ...client, ...tlsCrypt, version: { major: 2, minor: 4 } }
    expect(() => renderClientConfig(old)).toThrow(
      expect.objectContaining({
        code: 'openvpn-too-old',
        message: 'OpenVPN "2.4" does not know tls-crypt-v2, which this tunnel has',
      }),
    )
  })
})

describe('nothing else gets into a configuration', () => {
  test.each<[string, () => unknown]>([
    ['the id of a hub', () => renderClientConfig({ ...client, hub: 'hub1' })],
    ['the name of a tunnel', () => renderClientConfig({ ...client, name: 'a/../b' })],
    ['a name too long', () => renderClientConfig({ ...client, name: 'abcdefghijkl' })],
    [
      'a name too long by its dashes',
      () => renderClientConfig({ ...client, name: 'a-b-c-d-e-f-g' }),
    ],
    ['no address', () => renderClientConfig({ ...client, addresses: [] })],
    ['a proxy for udp', () => renderClientConfig({ ...client, proxy: { host: 'p', port: 1 } })],
    [
      'a shared udp port',
      () => renderServerConfig({ ...server, portShare: { host: 'p', port: 1 } }),
    ],
    ['a line end', () => renderConfig([['ca', '/a\nscript-security 2']])],
    ['a line that OpenVPN would cut', () => renderConfig([['ca', 'x'.repeat(260)]])],
  ])('%s', (_, render) => {
    expect(render).toThrow()
  })

  test('a value is read back as it was, whatever is in it', () => {
    const word = fc.string({ maxLength: 40 }).filter((text) => !/[\0-\x1f\x7f]/.test(text))
    fc.assert(
      fc.property(word, word, (one, other) => {
        expect(parseLine(renderConfig([['option', one, other]]))).toEqual(['option', one, other])
      }),
    )
  })
})

test.each([
  ['OpenVPN 2.6.14 x86_64-pc-linux-gnu [SSL (OpenSSL)]', { major: 2, minor: 6 }],
  ['OpenVPN 2.4.12 x86_64-redhat-linux-gnu', { major: 2, minor: 4 }],
  ['OpenVPN 2.7_rc4 [git:v2.7]', { major: 2, minor: 7 }],
  ['OpenVPN', undefined],
  ['not OpenVPN 2.6.14', undefined],
])('the version of %j', (text, version) => {
  expect(parseVersion(`${text}\nlibrary versions: OpenSSL 3.0.19\n`)).toEqual(version)
})

/** As OpenVPN's manual has it: in double quotes a backslash takes the next character as it is; # and ; begin comments. */
function parseLine(text: string): string[] {
  const words: string[] = []
  const line = text.replace(/\n$/, '')
  for (const [, quoted, plain] of line.matchAll(/"((?:\\.|[^"\\])*)"|([^\s"'#;\\]+)/g))
    words.push(plain ?? quoted?.replace(/\\(.)/g, '$1') ?? '')
  return words
}
