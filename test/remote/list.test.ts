import { expect, test } from 'vitest'
import type { InventoryNode } from '../../src/remote/inventory.ts'
import { orderOf } from '../../src/remote/list.ts'

const node = (name: string, address: string): InventoryNode => ({
  ...{ name, site: 'aruba', state: 'ready', addresses: [address], port: 22 },
  ...{ hostKeys: [], labels: {} },
})
const nodes = [
  node('aruba-10', '10.200.1.9'),
  node('aruba-9', '10.200.1.10'),
  node('aruba-1', '10.200.2.1'),
]

test.each([
  [undefined, ['aruba-10', 'aruba-9', 'aruba-1']],
  ['node', ['aruba-1', 'aruba-9', 'aruba-10']],
  ['-node', ['aruba-10', 'aruba-9', 'aruba-1']],
  ['address', ['aruba-10', 'aruba-9', 'aruba-1']],
  ['state', ['aruba-10', 'aruba-9', 'aruba-1']],
])('sorted by %s', (sort, order) => {
  expect(orderOf(sort)(nodes).map(({ name }) => name)).toEqual(order)
})
