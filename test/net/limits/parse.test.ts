import { expect, test } from 'vitest'
import { nodeFilter } from '../../../src/net/limits/filters.ts'
import type { TreePlace } from '../../../src/net/limits/limits.ts'
import { parseFilters } from '../../../src/net/limits/parse.ts'

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
