import { expect, test } from 'vitest'
import { parseCounts } from '../../../src/net/limits/count.ts'

test('of each class of each tree what it let through and what it dropped', () => {
  const output = `class htb 1:1 root rate 20Mbit ceil 20Mbit burst 16Kb cburst 16Kb
 Sent 1500 bytes 2 pkt (dropped 0, overlimits 7 requeues 0)
 backlog 0b 0p requeues 0
 lended: 0 borrowed: 0 giants: 0
 tokens: 10000 ctokens: 10000

class htb 1:2a parent 1:1 leaf 8001: prio 0 rate 304bit ceil 20Mbit burst 1600b cburst 16Kb
 Sent 1400 bytes 1 pkt (dropped 12, overlimits 0 requeues 0)
 backlog 0b 0p requeues 0

class htb 2a:1 root rate 160Mbit ceil 160Mbit burst 128Kb cburst 128Kb
 Sent 1300 bytes 1 pkt (dropped 1, overlimits 0 requeues 0)
 backlog 0b 0p requeues 0
`
  expect(parseCounts(output)).toEqual(
    new Map([
      [
        1,
        new Map([
          [1, { bytes: 1500, dropped: 0 }],
          [42, { bytes: 1400, dropped: 12 }],
        ]),
      ],
      [42, new Map([[1, { bytes: 1300, dropped: 1 }]])],
    ]),
  )
  expect(parseCounts('')).toEqual(new Map())
})
