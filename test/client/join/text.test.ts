import { expect, test } from 'vitest'
import type { Joined } from '../../../src/client/join/joined.ts'
import type { Status } from '../../../src/client/join/status.ts'
import { renderJoined, renderStatus } from '../../../src/client/join/text.ts'

const joined: Joined = {
  ...{ state: 'ready', role: 'node', name: 'aruba-1', addresses: ['10.200.1.1'], rung: 'wg' },
  ...{ earlier: [], server: 'answered', changed: true, problems: [] },
  timings: { contact: 1, enrol: 1, tunnel: 1, customise: 1, report: 1, total: 5 },
}
const status: Status = {
  ...{ role: 'node', name: 'aruba-1', centre: 'example', state: 'ready' },
  ...{
    addresses: ['10.200.1.1'],
    impossible: [],
    services: ['ce'],
    tunnel: null,
    links: [],
    runs: null,
  },
  ...{ problems: [], quarantined: false, update: null },
}
const wayOut = 'the hub leaves it ssh alone, until "dynfarm node approve aruba-1" at the centre'

test('a machine in quarantine says so, and who ends that', () => {
  expect(renderJoined({ ...joined, quarantined: true })).toContain(`in quarantine: ${wayOut}`)
  expect(renderJoined(joined)).not.toContain('quarantine')
  const degraded: Status = { ...status, quarantined: true, state: 'degraded' }
  expect(renderStatus(degraded)).toMatch(new RegExp(`quarantine +at the last join: ${wayOut}`))
  expect(renderStatus(status)).not.toContain('quarantine')
})

test('a machine whose kernel has no IPv6 says what it does without', () => {
  const half = renderStatus({ ...status, impossible: ['fd5a::1:1'] })
  expect(half).toMatch(/without +fd5a::1:1: the kernel has no IPv6/)
})
