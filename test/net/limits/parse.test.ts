import { expect, test } from 'vitest'
import { nodeFilter, siteFilter } from '../../../src/net/limits/filters.ts'
import type { TreePlace } from '../../../src/net/limits/limits.ts'
import { parseClasses, parseFilters, parseQdiscs } from '../../../src/net/limits/parse.ts'

const tree: TreePlace = { device: 'rx-aruba', towards: 'nodes', major: 1 }

/** As iproute2 6.1 prints them; that of the first bucket has no number. */
const listing = `filter protocol ip pref 7704 u32 chain 0 
filter protocol ip pref 7704 u32 chain 0 fh 1: ht divisor 256 
filter protocol ip pref 7704 u32 chain 0 fh 1::800 order 2048 key ht 1 bkt 0 flowid 1:3 not_in_hw 
  match 0ac80200/ffffffff at 16
filter protocol ip pref 7704 u32 chain 0 fh 1:2a:800 order 2048 key ht 1 bkt 2a flowid 1:4 not_in_hw 
  match 0ac8012a/ffffffff at 16
`

test('a filter is known again by what it does, whichever bucket it is in', () => {
  const [table, first, other] = parseFilters(listing)
  expect(table?.key).toBe('7704 table 1')
  expect(first?.key).toBe(nodeFilter(tree, '10.200.2.0', 3).key)
  expect(other?.key).toBe(nodeFilter(tree, '10.200.1.42', 4).key)
})

test('so is one of a site, which is in no bucket, whatever the kernel calls its table', () => {
  const listing = `filter protocol ip pref 7704 u32 chain 0 
filter protocol ip pref 7704 u32 chain 0 fh 801: ht divisor 1 
filter protocol ip pref 7704 u32 chain 0 fh 801::800 order 2048 key ht 801 bkt 0 flowid 1:a not_in_hw 
  match 0ac80200/ffffff00 at 16
`
  expect(parseFilters(listing).map(({ key }) => key)).toEqual([
    siteFilter(tree, '10.200.2.0/24', 10).key,
  ])
})

test('classes are known by the tree that they are in', () => {
  const listing = `class htb 1:1 root rate 500Mbit ceil 500Mbit burst 62500b cburst 62500b 
class htb 1:a parent 1:1 leaf a: prio 0 rate 7624bit ceil 20Mbit burst 1600b cburst 16Kb 
class htb a:1 root rate 160Mbit ceil 160Mbit burst 128Kb cburst 128Kb 
`
  expect(parseClasses(listing)).toEqual(
    new Map([
      [
        1,
        new Map([
          [1, 5e8],
          [10, 2e7],
        ]),
      ],
      [10, new Map([[1, 16e7]])],
    ]),
  )
})

test('a queue in a class is dynfarm’s when it has the number of the class, and somebody else’s otherwise', () => {
  const htb = { kind: 'htb', dev: 'rx-all-sites', options: { default: '0x2' } }
  const { roots, inner } = parseQdiscs(
    JSON.stringify([
      { ...htb, handle: '1:', root: true },
      { ...htb, handle: 'a:', parent: '1:a' },
      { ...htb, handle: 'b:', parent: '1:4' },
      { ...htb, kind: 'fq_codel', handle: '5:', parent: '1:5' },
      { ...htb, handle: '6:', parent: '1:6', options: { default: '0' } },
      { ...htb, kind: 'pfifo', handle: '8001:', parent: 'a:3' },
    ]),
  )
  expect(roots).toEqual(new Map([['rx-all-sites', 'own']]))
  expect([...(inner.get('rx-all-sites') ?? [])]).toEqual([
    ...[[10, 'own'], ...[4, 5, 6].map((id) => [id, 'foreign'])],
  ])
})
