import { expect, test } from 'vitest'
import type { Client } from '../../src/client/requests.ts'
import { nothingKnown } from '../../src/hub/known.ts'
import { report } from '../../src/hub/reporter.ts'
import type { SiteLimit } from '../../src/net/limits/limits.ts'
import { makeHub } from './acting.ts'

const limit: SiteLimit = {
  ...{ site: 'aruba', device: 'rx-aruba', towards: 'nodes', rate: 1000 },
  ...{ networks: [], nodes: [] },
}
const whole = { device: 'tx-all-sites', towards: 'centre', rate: 5000, sites: [] } as const
const use = { limit: 1000, peak: 0, average: 0, dropped: 0 }

test('who is held back is told at once, and what is the same is not told again', async () => {
  const { hub } = makeHub({ ...nothingKnown, position: 'epoch.1' })
  const end = new AbortController()
  const bodies: { sites?: unknown; hub?: unknown }[] = []
  const follow = { sites: [limit], hub: [], held: new Map([['aruba', 'no ifb']]), trees: new Map() }
  const acts = [
    () => hub.usage.follow({ ...follow, held: new Map(follow.held) }),
    () => hub.usage.follow({ ...follow, held: new Map(follow.held) }),
    () => hub.usage.follow({ ...follow, hub: [whole], heldAll: 'no ifb' }),
    () => end.abort(),
  ]
  const client = {
    request: async (_: string, { body }: { body: { sites?: unknown; hub?: unknown } }) => {
      bodies.push(body)
      acts.shift()?.()
      hub.toReport.wake()
    },
  }
  await report(hub, client as unknown as Client, end.signal)
  expect(bodies.map(({ sites }) => sites)).toEqual([
    [],
    [{ site: 'aruba', held: 'no ifb', rx: use }],
    undefined,
    [{ site: 'aruba', held: 'no ifb', rx: use }],
  ])
  expect(bodies.map((body) => body.hub)).toEqual([
    ...[undefined, undefined, undefined, { held: 'no ifb', tx: { ...use, limit: 5000 } }],
  ])
})
