import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeAnnouncement, encodeAnnouncements } from '../../src/protocol/announcement.ts'

const node = fc.record(
  {
    addresses: fc.constantFrom(['10.200.1.1'], ['10.200.1.2', 'fd00:200:1::2'], ['fd00::3']),
    age: fc.nat(),
    count: fc.nat(),
    mtu: fc.integer({ min: 576, max: 65_535 }),
  },
  { requiredKeys: ['addresses', 'age'] },
)

function encode(news: Parameters<typeof encodeAnnouncements>[0]): Buffer[] {
  let sequence = 0
  return encodeAnnouncements(news, () => {
    sequence += 1
    return { epoch: 1_700_000_000_000, sequence }
  })
}

describe('what a hub announces', () => {
  test('arrives as it was said, in datagrams that pass every link', () => {
    const gone = fc.array(fc.constantFrom('10.200.1.7', 'fd00::7'), { maxLength: 50 })
    fc.assert(
      fc.property(fc.array(node, { maxLength: 100, size: 'max' }), gone, (nodes, left) => {
        const datagrams = encode({ nodes, gone: left })
        for (const { length } of datagrams) expect(length).toBeLessThanOrEqual(1200)
        const heard = datagrams.map(decodeAnnouncement)
        expect(heard.flatMap((one) => one?.nodes ?? [])).toEqual(nodes)
        expect(heard.flatMap((one) => one?.gone ?? [])).toEqual(left)
        expect(heard.map((one) => one?.sequence)).toEqual(heard.map((_, at) => at + 1))
      }),
    )
  })

  test('is said also when there is nothing to say', () => {
    expect(encode({ nodes: [], gone: [] }).map(decodeAnnouncement)).toEqual([
      { epoch: 1_700_000_000_000, sequence: 1, nodes: [], gone: [] },
    ])
  })
})

test.each([
  ['nothing', ''],
  ['no object', '7'],
  ['another program’s', '{"epoch":1,"sequence":1,"nodes":[]}'],
  ['a count below nothing', '{"dynfarm":1,"epoch":-1,"sequence":1,"nodes":[]}'],
  ['no list', '{"dynfarm":1,"epoch":1,"sequence":1,"nodes":{}}'],
  ['a network for an address', '{"dynfarm":1,"epoch":1,"sequence":1,"nodes":["10.0.0.0/8"]}'],
  ['a node without an address', '{"dynfarm":1,"epoch":1,"sequence":1,"nodes":[{"a":[],"t":1}]}'],
  [
    'three addresses',
    '{"dynfarm":1,"epoch":1,"sequence":1,"nodes":[{"a":["::1","::2","::3"],"t":1}]}',
  ],
  ['no age', '{"dynfarm":1,"epoch":1,"sequence":1,"nodes":[{"a":["10.0.0.1"]}]}'],
  [
    'a small packet',
    '{"dynfarm":1,"epoch":1,"sequence":1,"nodes":[{"a":["10.0.0.1"],"t":1,"m":1}]}',
  ],
  [
    'a broken count',
    '{"dynfarm":1,"epoch":1,"sequence":1,"nodes":[{"a":["10.0.0.1"],"t":1,"c":0.5}]}',
  ],
  ['null among nodes', '{"dynfarm":1,"epoch":1,"sequence":1,"nodes":[null]}'],
  ['more than a datagram', `{"dynfarm":1,"epoch":1,"sequence":1,"nodes":[]}${' '.repeat(1200)}`],
])('%s is not heard', (_what, text) => {
  expect(decodeAnnouncement(Buffer.from(text))).toBeUndefined()
})
