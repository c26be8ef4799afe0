import { describe, expect, it } from 'vitest'
import { parseFirewall } from '../../../src/net/nft/parse.ts'

const place = { family: 'inet', table: 'dynfarm' }
const table = { table: { family: 'inet', name: 'dynfarm', handle: 1 } }

function listing(...objects: object[]): string {
  return JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, ...objects] })
}

function ruleOf(...expr: object[]): string | undefined {
  const chain = { chain: { ...place, name: 'c' } }
  const rule = { rule: { ...place, chain: 'c', handle: 4, expr } }
  return parseFirewall(listing(table, chain, rule))?.chains.get('c')?.rules[0]
}

const accept = { accept: null }
const iifname = { meta: { key: 'iifname' } }

describe('a listing', () => {
  it('without the table says so, whatever else is there', () => {
    const other = { table: { family: 'inet', name: 'firewalld' } }
    expect(parseFirewall(listing())).toBeUndefined()
    expect(
      parseFirewall(listing(other, { chain: { family: 'inet', table: 'firewalld', name: 'c' } })),
    ).toBeUndefined()
  })

  it('takes only what is in the table', () => {
    const foreign = { set: { family: 'inet', table: 'other', name: 's', type: 'mark' } }
    expect(parseFirewall(listing(foreign, table))).toEqual({
      sets: new Map(),
      chains: new Map(),
      strange: false,
    })
  })

  it.each<[string, object]>([
    ['a map', { map: { ...place, name: 'm', type: 'ipv4_addr', map: 'verdict' } }],
    ['a counter', { counter: { ...place, name: 'n', packets: 0, bytes: 0 } }],
    ['a flow table', { flowtable: { ...place, name: 'f' } }],
    ['a set of pairs', { set: { ...place, name: 's', type: ['ipv4_addr', 'inet_service'] } }],
    ['a set that forgets', { set: { ...place, name: 's', type: 'ipv4_addr', flags: ['timeout'] } }],
    [
      'an element that no set has',
      { set: { ...place, name: 's', type: 'ipv4_addr', elem: [{ concat: [] }] } },
    ],
    ['a name that is no word', { chain: { ...place, name: 'a b' } }],
  ])('with %s is strange', (_, object) => {
    expect(parseFirewall(listing(table, object))?.strange).toBe(true)
  })

  it('of a sleeping table is strange', () => {
    const asleep = { table: { ...table.table, flags: ['dormant'] } }
    expect(parseFirewall(listing(asleep))?.strange).toBe(true)
  })

  it('has elements of every kind', () => {
    const elem = [
      '10.0.0.1',
      { prefix: { addr: '10.1.0.0', len: 16 } },
      { range: ['10.2.0.0', '10.2.0.5'] },
      { elem: { val: '10.3.0.1', comment: 'x' } },
    ]
    const set = { set: { ...place, name: 's', type: 'ipv4_addr', flags: ['interval'], elem } }
    const parsed = parseFirewall(listing(table, set))?.sets.get('s')
    expect(parsed?.spec).toBe('type ipv4_addr; flags interval;')
    expect([...(parsed?.elements ?? [])]).toEqual([
      '10.0.0.1',
      '10.1.0.0/16',
      '10.2.0.0-10.2.0.5',
      '10.3.0.1',
    ])
  })
})

describe('a rule', () => {
  it.each<[string, object[]]>([
    ['iifname "t1" accept', [{ match: { op: '==', left: iifname, right: 't1' } }, accept]],
    [
      'meta l4proto 47 accept',
      [{ match: { op: '==', left: { meta: { key: 'l4proto' } }, right: 'gre' } }, accept],
    ],
    [
      'meta l4proto { 17, 58 } accept',
      [
        {
          match: {
            op: '==',
            left: { meta: { key: 'l4proto' } },
            right: { set: ['ipv6-icmp', 'udp'] },
          },
        },
        accept,
      ],
    ],
    [
      'ct state established,related accept',
      [
        { match: { op: 'in', left: { ct: { key: 'state' } }, right: ['related', 'established'] } },
        accept,
      ],
    ],
    ['counter accept', [{ counter: { packets: 5, bytes: 6 } }, accept]],
    [
      'ct direction reply ct mark 77 ct mark set 78 accept',
      [
        { match: { op: '==', left: { ct: { key: 'direction' } }, right: 'reply' } },
        { match: { op: '==', left: { ct: { key: 'mark' } }, right: 77 } },
        { mangle: { key: { ct: { key: 'mark' } }, value: 78 } },
        accept,
      ],
    ],
  ])('%s', (text, expr) => {
    expect(ruleOf(...expr)).toBe(text)
  })

  it.each<[string, object[]]>([
    ['a wildcard', [{ match: { op: '==', left: iifname, right: 't*' } }, accept]],
    [
      'another operator',
      [
        { match: { op: '<', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 5 } },
        accept,
      ],
    ],
    [
      'another field',
      [
        { match: { op: '==', left: { payload: { protocol: 'ip', field: 'ttl' } }, right: 5 } },
        accept,
      ],
    ],
    [
      'a direction',
      [
        { match: { op: 'in', left: { ct: { key: 'state', dir: 'original' } }, right: 'new' } },
        accept,
      ],
    ],
    [
      'a match after an action',
      [
        { counter: { packets: 5, bytes: 6 } },
        { match: { op: '==', left: iifname, right: 't1' } },
        accept,
      ],
    ],
    ['another mark', [{ mangle: { key: { meta: { key: 'mark' } }, value: 78 } }, accept]],
    ['a limit', [{ limit: { rate: 1, per: 'second' } }, accept]],
    ['another reject', [{ reject: { type: 'tcp reset' } }]],
    ['a level', [{ log: { prefix: 'x', level: 'debug' } }]],
    [
      'connections under a number',
      [
        {
          set: {
            op: 'add',
            elem: { payload: { protocol: 'ip', field: 'saddr' } },
            set: '@b',
            stmt: [{ 'ct count': { val: 5 } }],
          },
        },
      ],
    ],
    [
      'the wrong flags',
      [
        {
          match: {
            op: '==',
            left: { '&': [{ payload: { protocol: 'tcp', field: 'flags' } }, ['fin', 'syn']] },
            right: 'syn',
          },
        },
        { mangle: { key: { 'tcp option': { name: 'maxseg', field: 'size' } }, value: 1300 } },
      ],
    ],
    ['a verdict with something in it', [{ accept: { x: 1 } }]],
    ['nothing known', [{ xt: { type: 'target', name: 'LOG' } }]],
  ])('with %s has no words', (_, expr) => {
    expect(ruleOf(...expr)).toMatch(/^\?/)
  })
})
