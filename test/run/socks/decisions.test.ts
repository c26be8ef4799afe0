import { describe, expect, test } from 'vitest'
import { parseOwner } from '../../../src/run/socks/peer.ts'
import { preloadConfig, socksEnvironment } from '../../../src/run/socks/preload.ts'
import { parseGreeting, parseRequest } from '../../../src/run/socks/socks5.ts'
import { type Centre, wayTo } from '../../../src/run/socks/way.ts'

describe('whose socket it is', () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:A1B2 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 11 1
   1: 0100007F:C3D4 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000  1002        0 12 1
   2: 0A00007F:C3D5 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000  1001        0 13 1
   3: 0100007F:C3D6 0100007F:A1B3 01 00000000:00000000 00:00000000 00000000  1001        0 14 1
`
  const to = 0xa1b2
  test.each([
    ['the one that is connected here', 0xc3d4, 1002],
    ['nobody’s, from another address', 0xc3d5, undefined],
    ['nobody’s, when connected elsewhere', 0xc3d6, undefined],
    ['nobody’s, when it is gone', 0xc3d7, undefined],
  ])('is %s', (_, port, uid) => {
    expect(parseOwner(table, { port, to })).toBe(uid)
  })
})

describe('a way', () => {
  const centre = (route: Centre['route']): Centre => ({
    names: new Map([['ce01.example.org', '192.0.2.22']]),
    addresses: new Set(['192.0.2.22', '2001:db8::1']),
    route,
  })
  const hub = (address: string) => ({ by: 'hub', address })
  const machine = (host: string) => ({ by: 'machine', host })

  test.each([
    ['192.0.2.22', 'split', hub('192.0.2.22')],
    ['2001:DB8:0::1', 'split', hub('2001:db8::1')],
    ['CE01.example.org.', 'split', hub('192.0.2.22')],
    ['www.example.net', 'split', machine('www.example.net')],
    ['192.0.2.66', 'split', machine('192.0.2.66')],
    ['192.0.2.66', 'all', hub('192.0.2.66')],
    ['www.example.net', 'all', hub('')],
  ] as const)('to %s by "%s"', (host, route, way) => {
    expect(wayTo(host, centre(route))).toEqual(way)
  })

  test('to a name that the machine finds to be a service is by the hub', () => {
    expect(wayTo('alias.example.net', centre('split'), '192.0.2.22')).toEqual(hub('192.0.2.22'))
  })
})

describe('SOCKS', () => {
  const wish = (host: string, port: number) => ({ wish: { host, port } })
  test.each([
    ['an IPv4 address', [5, 1, 0, 1, 192, 0, 2, 22, 0x25, 0x92], wish('192.0.2.22', 9618)],
    ['a name', [5, 1, 0, 3, 2, 99, 101, 0, 80], wish('ce', 80)],
    [
      'an IPv6 address',
      [5, 1, 0, 4, 32, 1, 13, 184, ...Array(11).fill(0), 1, 0, 80],
      wish('2001:db8::1', 80),
    ],
  ])('takes %s, whole', (_, bytes, request) => {
    const whole = Uint8Array.from(bytes)
    expect(parseRequest(whole)).toEqual({ length: bytes.length, ...request })
    expect(parseRequest(whole.subarray(0, -1))).toBeUndefined()
  })

  test.each([
    ['BIND', [5, 2, 0, 1, 192, 0, 2, 22, 0, 80]],
    ['UDP', [5, 3, 0, 1, 192, 0, 2, 22, 0, 80]],
    ['SOCKS 4', [4, 1, 0, 1, 192, 0, 2, 22, 0, 80]],
    ['an address of no kind', [5, 1, 0, 9, 1]],
  ])('has no %s', (_, bytes) => {
    expect(parseRequest(Uint8Array.from(bytes))).toEqual({ length: bytes.length })
  })

  test('wants no password', () => {
    expect(parseGreeting(Uint8Array.of(5, 2, 2, 0))).toEqual({ length: 4, isGood: true })
    expect(parseGreeting(Uint8Array.of(5, 1, 2))).toEqual({ length: 3, isGood: false })
    expect(parseGreeting(Uint8Array.of(4, 1))).toMatchObject({ isGood: false })
    expect(parseGreeting(Uint8Array.of(5, 2, 0))).toBeUndefined()
  })
})

describe('what a job is offered', () => {
  const own = ['PATH=/bin', 'LD_PRELOAD=/x.so', 'ALL_PROXY=http://p', 'ODD=\xff=\n']
  const offer = { port: 4711, config: '/f/socks.conf', mark: 'm' }

  test('is a preloaded library before its own, and the rest as it was', () => {
    const preloader = { name: 'proxychains4', library: '/lib/p.so' } as const
    expect(socksEnvironment(own, { ...offer, preloader })).toEqual([
      ...['PATH=/bin', 'ODD=\xff=\n', 'ALL_PROXY=socks5h://127.0.0.1:4711'],
      ...['all_proxy=socks5h://127.0.0.1:4711', 'DYNFARM_JOB=m', 'LD_PRELOAD=/lib/p.so:/x.so'],
      ...['PROXYCHAINS_CONF_FILE=/f/socks.conf', 'PROXYCHAINS_QUIET_MODE=1'],
    ])
    expect(preloadConfig(preloader, 4711)).toContain('\nsocks5 127.0.0.1 4711\n')
  })

  test('leaves its own library alone where there is none', () => {
    const environment = socksEnvironment(own, { ...offer, preloader: undefined })
    expect(environment).toContain('LD_PRELOAD=/x.so')
    expect(environment).toContain('ALL_PROXY=socks5h://127.0.0.1:4711')
  })
})
