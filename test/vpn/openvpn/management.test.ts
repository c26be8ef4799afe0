import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  askStatus,
  askTraffic,
  killCertificate,
  killSession,
} from '../../../src/vpn/openvpn/commands.ts'
import { ManagementReader } from '../../../src/vpn/openvpn/management.ts'

const id = `4${'a'.repeat(31)}`
const header =
  'HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\tBytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\tClient ID\tPeer ID\tData Channel Cipher'

function read(...lines: string[]) {
  return new ManagementReader().read(lines.map((line) => `${line}\r\n`).join(''))
}

function established(...variables: string[]) {
  const block = variables.map((variable) => `>CLIENT:ENV,${variable}`)
  return read('>CLIENT:ESTABLISHED,7', ...block, '>CLIENT:ENV,END')
}

const came = {
  kind: 'established',
  client: 7,
  certificate: id,
  outer: { address: '198.51.100.10', port: 40000 },
}
const variables = [`common_name=${id}`, 'trusted_ip=198.51.100.10', 'trusted_port=40000']

describe('a node comes', () => {
  test('with its certificate and where it comes from', () => {
    expect(established('X509_0_CN=x', ...variables, 'IV_VER=2.6.14')).toEqual([came])
  })

  test.each([
    ['IPv6', 'trusted_ip6=2001:DB8::1', '2001:db8::1'],
    ['IPv4 in IPv6', 'trusted_ip6=::ffff:192.0.2.1', '192.0.2.1'],
  ])('over %s', (_, variable, address) => {
    expect(established(`common_name=${id}`, variable, 'trusted_port=1')).toEqual([
      { ...came, outer: { address, port: 1 } },
    ])
  })

  test.each([
    ['says', `IV_common_name=${id}`],
    ['says in its name', `UV_X=common_name=${id}`],
    ['says with an end', 'IV_X=END'],
    ['says with a line', 'IV_X=>CLIENT:ESTABLISHED,8'],
    ['says nothing readable', '\x1b[2J=\0'],
  ])('whatever it %s of itself', (_, variable) => {
    expect(established(variable, ...variables, variable)).toEqual([came])
  })

  test.each([
    ['another name twice', [...variables, `common_name=5${'b'.repeat(31)}`]],
    ['no name', ['trusted_ip=198.51.100.10']],
    ['a name that is no certificate’s', ['common_name=DEFAULT']],
    ['a name with more behind it', [`common_name=${id}x`]],
  ])('with %s is not acted upon', (_, block) => {
    expect(established(...block)).toEqual([{ kind: 'strange' }])
  })

  test.each(['', '0', '65536', '1e3', '-1'])('port %j is none', (port) => {
    const [event] = established(`common_name=${id}`, 'trusted_ip=192.0.2.1', `trusted_port=${port}`)
    expect(event).toEqual({ kind: 'established', client: 7, certificate: id })
  })

  test('a block that another message breaks off is dropped, and the next one counts', () => {
    expect(
      read(
        '>CLIENT:ESTABLISHED,6',
        `>CLIENT:ENV,common_name=5${'b'.repeat(31)}`,
        '>CLIENT:ESTABLISHED,7',
        ...variables.map((variable) => `>CLIENT:ENV,${variable}`),
        '>CLIENT:ENV,END',
        '>CLIENT:ENV,common_name=late',
        '>CLIENT:ENV,END',
      ),
    ).toEqual([{ kind: 'strange' }, came])
  })

  test('a block that was broken off does not go on', () => {
    expect(
      read(
        '>CLIENT:ESTABLISHED,6',
        ...variables.map((variable) => `>CLIENT:ENV,${variable}`),
        '>BYTECOUNT_CLI:3,1,2',
        '>CLIENT:ENV,END',
      ),
    ).toMatchObject([{ kind: 'strange' }, { kind: 'traffic' }])
  })

  test('a block without an end does not grow for ever', () => {
    const endless = Array.from({ length: 600 }, (_, i) => `IV_${i}=x`)
    expect(established(...variables, ...endless)).toEqual([])
  })
})

describe('the status', () => {
  const row = (name: string, real: string, virtual: string, numbers = '10\t20') =>
    `CLIENT_LIST\t${name}\t${real}\t${virtual}\t\t${numbers}\t2026-01-01 00:00:00\t1767225600\tUNDEF\t3\t0\tAES-256-GCM`
  const status = (...rows: string[]) =>
    read('TITLE\tOpenVPN 2.6.14', 'TIME\tnow\t1', header, ...rows, 'GLOBAL_STATS\tx\t0', 'END')
  const listed = { client: 3, certificate: id, received: 10, sent: 20, since: 1767225600 }

  test('lists who is connected', () => {
    expect(status(row(id, '198.51.100.10:40000', '10.200.1.1'))).toEqual([
      { kind: 'status', clients: [{ ...listed, addresses: ['10.200.1.1'], outer: came.outer }] },
    ])
  })

  test.each([
    ['[2001:db8::1]:9', { address: '2001:db8::1', port: 9 }],
    ['udp4:192.0.2.1:9', { address: '192.0.2.1', port: 9 }],
    ['tcp6-server:[2001:db8::1]:9', { address: '2001:db8::1', port: 9 }],
    ['2001:db8::1', undefined],
    ['[192.0.2.1', undefined],
  ])('from %s', (real, outer) => {
    expect(status(row(id, real, '10.200.1.1'))).toEqual([
      {
        kind: 'status',
        clients: [{ ...listed, addresses: ['10.200.1.1'], ...(outer && { outer }) }],
      },
    ])
  })

  test.each([
    ['still shaking hands', row('UNDEF', '192.0.2.1:9', '')],
    ['no certificate', row('DEFAULT', '192.0.2.1:9', '10.200.1.1')],
    ['refused a moment ago', row(id, '192.0.2.1:9', '')],
    ['without numbers', row(id, '192.0.2.1:9', '10.200.1.1', 'x\ty')],
    ['cut short', `CLIENT_LIST\t${id}`],
  ])('leaves out who is %s', (_, line) => {
    expect(status(line)).toEqual([{ kind: 'status', clients: [] }])
  })

  test('is over with its end, and other tables have other columns', () => {
    const routes = 'HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name'
    const line = row(id, '192.0.2.1:9', '10.200.1.1')
    expect(read('TITLE\tx', header, routes, line, 'END', 'SUCCESS: x', 'END')).toMatchObject([
      { kind: 'status', clients: [{ client: 3 }] },
      { kind: 'success' },
      { kind: 'strange' },
    ])
  })

  test('without its header lists nobody', () => {
    expect(read('TITLE\tx', row(id, '192.0.2.1:9', '10.200.1.1'), 'END')).toEqual([
      { kind: 'status', clients: [] },
    ])
  })

  test('lets what is told unasked through', () => {
    expect(
      read('TITLE\tx', header, '>BYTECOUNT_CLI:3,1,2', row(id, '192.0.2.1:9', '10.200.1.1'), 'END'),
    ).toMatchObject([{ kind: 'traffic' }, { kind: 'status', clients: [{ client: 3 }] }])
  })
})

test.each([
  [
    'SUCCESS: common name found, 1 client(s) killed',
    [{ kind: 'success', text: 'common name found, 1 client(s) killed' }],
  ],
  ['ERROR: common name not found', [{ kind: 'error', text: 'common name not found' }]],
  ['>BYTECOUNT_CLI:3,1024,2048', [{ kind: 'traffic', client: 3, received: 1024, sent: 2048 }]],
  [
    '>STATE:1767225600,RECONNECTING,ping-restart,,,,,',
    [{ kind: 'state', state: 'RECONNECTING', detail: 'ping-restart' }],
  ],
  ['>INFO:OpenVPN Management Interface Version 5', []],
  ['>BYTECOUNT_CLI:3,-1,2048', []],
  ['>CLIENT:ESTABLISHED,x', []],
  ['END', [{ kind: 'strange' }]],
  ['anything', [{ kind: 'strange' }]],
])('%j', (line, messages) => {
  expect(read(line)).toEqual(messages)
})

test('an endless line is thrown away, and the next one read', () => {
  const reader = new ManagementReader()
  for (let i = 0; i < 5; i += 1) expect(reader.read('x'.repeat(17_000))).toEqual([])
  expect(reader.read('SUCCESS: forged\nSUCCESS: real\n')).toEqual([
    { kind: 'strange' },
    { kind: 'success', text: 'real' },
  ])
})

test('it does not matter how the text is cut, and nothing makes it throw', () => {
  const word = fc.constantFrom(
    ...['>CLIENT:ESTABLISHED,7', '>CLIENT:ENV,END', `>CLIENT:ENV,common_name=${id}`, 'END'],
    ...['TITLE\tx', header, `CLIENT_LIST\t${id}`, 'SUCCESS: x', '>STATE:1,X,y', '\r', '\n', ''],
  )
  const text = fc.array(fc.oneof(word, fc.string()), { maxLength: 30 }).map((all) => all.join('\n'))
  fc.assert(
    fc.property(text, fc.array(fc.nat(500)), (all, cuts) => {
      const reader = new ManagementReader()
      const places = [0, ...cuts.filter((cut) => cut < all.length).sort((a, b) => a - b)]
      const pieces = places.map((place, at) => all.slice(place, places[at + 1]))
      expect(pieces.flatMap((piece) => reader.read(piece))).toEqual(
        new ManagementReader().read(all),
      )
    }),
  )
})

test('commands are one line each, with nothing foreign in it', () => {
  expect([askStatus, askTraffic(30), killSession(3), killCertificate(id)]).toEqual([
    'status 3\n',
    'bytecount 30\n',
    'client-kill 3\n',
    `kill ${id}\n`,
  ])
  expect(() => killCertificate('x\nsignal SIGTERM')).toThrow('not the id')
  expect(() => killSession(Number.NaN)).toThrow('not a session')
})
