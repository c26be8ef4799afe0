import { describe, expect, it } from 'vitest'
import { nothing, type Route } from '../../src/net/network.ts'
import { planNetwork } from '../../src/net/plan-network.ts'
import { canonicalRoute } from '../../src/net/routes.ts'
import { bareHost, textOf, undoText } from './support/observed.ts'

const on = (dev: string) => ({ table: 7700, to: '10.200.1.2', dev, metric: 1 })
const closed = { table: 7700, to: '10.200.1.2', unreachable: true as const, metric: 1 }

function plan(wanted: readonly Route[], observed: readonly (Route & { metric: number })[]) {
  const routes = observed.map(canonicalRoute)
  const { steps } = planNetwork({ ...nothing, routes: wanted }, { ...bareHost, routes })
  return { text: textOf({ steps, blocked: [] }).replace(/ {2}#.*/g, ''), undo: undoText(steps) }
}

describe('a route', () => {
  it.each<[string, Route, string]>([
    [
      'with everything',
      {
        table: 7700,
        to: '192.0.2.22',
        dev: 'eth0',
        via: '192.0.2.1',
        src: '10.0.0.1',
        mtu: 1400,
        metric: 5,
      },
      'ip -4 route add 192.0.2.22/32 dev eth0 table 7700 proto 177 metric 5 via 192.0.2.1 src 10.0.0.1 mtu lock 1400',
    ],
    [
      'of the main table',
      { table: 254, to: 'FD00::5/64', dev: 'eth0' },
      'ip -6 route add fd00::/64 dev eth0 proto 177 metric 1',
    ],
  ])('%s', (_, route, text) => {
    expect(plan([route], []).text).toBe(text)
  })

  it('is replaced in place, and back', () => {
    expect(plan([{ ...on('eth0'), mtu: 1300 }], [on('eth0')])).toEqual({
      text: 'ip -4 route replace 10.200.1.2/32 dev eth0 table 7700 proto 177 metric 1 mtu lock 1300',
      undo: 'ip -4 route replace 10.200.1.2/32 dev eth0 table 7700 proto 177 metric 1',
    })
  })

  it('is closed in place', () => {
    expect(plan([closed], [on('lo')]).text).toBe(
      'ip -4 route replace unreachable 10.200.1.2/32 table 7700 proto 177 metric 1',
    )
  })

  it('loses what somebody set beside it, for good', () => {
    expect(plan([on('eth0')], [on('eth0'), on('lo')])).toEqual({
      text: 'ip -4 route del 10.200.1.2/32 dev lo table 7700 proto 177 metric 1',
      undo: '',
    })
  })
})
