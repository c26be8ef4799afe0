import { describe, expect, test } from 'vitest'
import { rosterOf } from '../../src/hub/roster.ts'
import { feedNode, known, wireguardKey } from './records.ts'

const names = (...nodes: Parameters<typeof known>) =>
  rosterOf(known(...nodes))
    .nodes.map(({ name }) => name)
    .sort()

describe('who has a way in', () => {
  test.each([
    ['joining', true],
    ['ready', true],
    ['failed', true],
    ['quarantined', true],
    ['pending', false],
    ['revoked', false],
    ['left', false],
    ['forgotten', false],
  ] as const)('a node that is %s: %s', (state, expected) => {
    expect(names(feedNode(1, { state }))).toEqual(expected ? ['aruba-1'] : [])
  })

  test('nobody who was ever revoked, whatever the list says', () => {
    const all = { ...known(feedNode(1), feedNode(2)), revoked: new Set(['n1']) }
    expect(rosterOf(all).nodes.map(({ id }) => id)).toEqual(['n2'])
  })

  test('with both certificates while there are two', () => {
    const [node] = rosterOf(known(feedNode(1, { previousCertificate: '5'.repeat(32) }))).nodes
    expect(node?.certificates).toEqual([feedNode(1).certificate, '5'.repeat(32)])
    expect(rosterOf(known(feedNode(1, { certificate: null }))).nodes[0]?.certificates).toEqual([])
  })

  test('a node in quarantine has it, and is marked', () => {
    const [node] = rosterOf(known(feedNode(1, { state: 'quarantined' }))).nodes
    expect(node?.quarantined).toBe(true)
  })

  test.each([
    ['an address', { addresses: ['10.200.0.1'] }],
    ['an address in another spelling', { addresses: ['fd00:0:0::0001'] }],
    ['a certificate', { certificate: feedNode(1).certificate }],
    ['an earlier certificate', { previousCertificate: feedNode(1).certificate }],
    ['a WireGuard key', { wireguardKey: wireguardKey(1) }],
  ])('of two that claim %s the later one, and it is told', (_, over) => {
    const first = feedNode(1, { addresses: ['10.200.0.1', 'fd00::1'] })
    const { nodes, quarrels } = rosterOf(known(first, feedNode(2, over)))
    expect(nodes.map(({ name }) => name)).toEqual(['aruba-2'])
    expect(quarrels).toEqual([expect.stringContaining('node "aruba-1" is left out')])
  })

  test('two of the same moment are decided always the same way', () => {
    const twins = [
      feedNode(1, { created: 5 }),
      feedNode(2, { created: 5, addresses: ['10.200.0.1'] }),
    ]
    expect(names(...twins)).toEqual(names(...twins.toReversed()))
  })

  test.each([
    ['no address', []],
    ['two of one family', ['10.200.0.1', '10.200.0.2']],
    ["the hub's inner address", ['10.200.255.1']],
    ["the hub's own address", ['192.0.2.10']],
    ["a service's address", ['192.0.2.22']],
  ])('nobody with %s', (_, addresses) => {
    const { nodes, quarrels } = rosterOf(known(feedNode(1, { addresses })))
    expect(nodes).toEqual([])
    expect(quarrels).toHaveLength(1)
  })

  test('one of each family is as it should be', () => {
    expect(names(feedNode(1, { addresses: ['10.200.0.1', 'fd00::1'] }))).toEqual(['aruba-1'])
  })
})
