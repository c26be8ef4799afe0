import { expect, test } from 'vitest'
import { type ListedSite, renderLimits } from '../../../src/client/admin/limit-use.ts'
import { renderNodes } from '../../../src/client/admin/node-list.ts'
import { renderNode } from '../../../src/client/admin/node-show.ts'

const rx = { limit: 500e6, peak: 480.25e6, average: 1500, dropped: 3 }
const tx = { limit: 1e9, peak: 0, average: 0, dropped: 0 }
const site = (name: string, over: Partial<ListedSite>): ListedSite => ({
  ...{ site: name, nodes: [], slots: 1, taken: 0 },
  ...over,
})

test('limits of sites are a line for each direction at each hub', () => {
  const sites = [
    site('aruba', {
      limits: { rx: 500e6, tx: 1e9 },
      hubs: [
        { hub: 'hub1', at: 1, rx, tx },
        { hub: 'hub2', at: 1, rx, held: 'no \u001bifb' },
      ],
    }),
    site('free', { limits: {}, hubs: [] }),
    site('osaka', { limits: { tx: 20e6 }, hubs: [] }),
  ]
  expect(renderLimits(sites, [])).toBe(
    `SITE   HUB   TRAFFIC  LIMIT       PEAK          AVERAGE     DROPPED  NOTE
aruba  hub1  to it    500 Mbit/s  480.3 Mbit/s  1.5 kbit/s  3
aruba  hub2  to it    500 Mbit/s  480.3 Mbit/s  1.5 kbit/s  3        held back: no \ufffdifb
aruba  hub1  from it  1 Gbit/s    0 bit/s       0 bit/s     0
osaka  -     from it  20 Mbit/s   -             -           -
`,
  )
})

test('a limit of a hub is told for all sites, also where it has not spoken yet', () => {
  const hubs = [
    { hub: 'hub1', limits: { rx: 500e6, tx: 1e9 }, at: 1, rx, tx, held: 'no \u001bifb' },
    { hub: 'hub2', limits: { tx: 20e6 } },
  ]
  expect(renderLimits([], hubs)).toBe(
    `SITE   HUB   TRAFFIC  LIMIT       PEAK          AVERAGE     DROPPED  NOTE
(all)  hub1  to it    500 Mbit/s  480.3 Mbit/s  1.5 kbit/s  3        held back: no \ufffdifb
(all)  hub1  from it  1 Gbit/s    0 bit/s       0 bit/s     0        held back: no \ufffdifb
(all)  hub2  from it  20 Mbit/s   -             -           -
`,
  )
})

test('of a node, what it had and why it is held back', () => {
  const node = {
    ...{ id: 'id-1', role: 'node', site: 'aruba', name: 'aruba-1', state: 'ready', addresses: [] },
    ...{ facts: {}, identity: {}, tunnel: { hub: 'hub1', state: 'up' }, limits: { rx, tx } },
    held: 'no ifb',
  } as unknown as Parameters<typeof renderNode>[0]
  const lines = renderNode(node).split('\n')
  expect(lines).toContain('held back      at hub1: the limits of aruba do not stand: no ifb')
  expect(lines).toContain(
    'limit to it    500 Mbit/s, peak 480.3 Mbit/s, average 1.5 kbit/s, 3 packets dropped',
  )
  const plain = (text: string) => text
  const colours = { green: plain, yellow: plain, red: plain }
  expect(renderNodes([node], { now: 0, colours })).toMatch(/held back$/m)
})
