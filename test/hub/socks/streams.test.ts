import { expect, test } from 'vitest'
import { Streams } from '../../../src/hub/socks/streams.ts'

test('what one job took of a limit, another has to wait for: of its site, and of the whole hub', async () => {
  const streams = new Streams()
  const site = (name: string, tx?: string) => ({ site: name, ...(tx !== undefined && { tx }) })
  const gaugeOf = (way: 'rx' | 'tx', one: object) =>
    streams.gauge('n1', way, { site: one, hub: { rx: '80Mbit' } } as never)
  const waits = (gauge: ReturnType<typeof gaugeOf>) => gauge(200_000) !== undefined
  expect(waits(gaugeOf('rx', site('aruba')))).toBe(false)
  expect(waits(gaugeOf('rx', site('osaka')))).toBe(true)
  expect(waits(gaugeOf('tx', site('aruba', '80Mbit')))).toBe(false)
  expect(waits(gaugeOf('tx', site('aruba', '80Mbit')))).toBe(true)
  expect(waits(gaugeOf('tx', site('osaka', '80Mbit')))).toBe(false)
})
