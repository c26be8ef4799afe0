import { expect, test } from 'vitest'
import { planPorts, requireRootless, wantedPorts } from '../../../src/hub/rootless/ports.ts'
import { mayPing } from '../../../src/run/abilities.ts'
import { config } from '../../lab/hub/farm.ts'

const own = config.hubs.map((hub) => ({ ...hub, rootless: true, socks: 8445 }))
const rootless = { ...config, hubs: own }

test('the ports of the tunnels and of socks are wanted, those of others are given back', () => {
  const wanted = wantedPorts('hub1', { ...rootless, tunnels: config.tunnels.slice(1) })
  expect(wanted).toEqual([
    { proto: 'udp', port: 1194 },
    { proto: 'tcp', port: 443 },
    { proto: 'tcp', port: 8445 },
  ])
  const held = [
    { id: 1, proto: 'udp' as const, port: 1194 },
    { id: 2, proto: 'udp' as const, port: 443 },
  ]
  expect(planPorts(wanted, held)).toEqual({ add: wanted.slice(1), remove: held.slice(1) })
})

test('a configuration that does not know of it is not put in force', () => {
  expect(() => requireRootless('hub1', rootless)).not.toThrow()
  expect(() => requireRootless('hub1', config)).toThrow('does not say "rootless: true"')
})

test('who may ping is in a group of the range', () => {
  expect(mayPing('0\t2147483647\n', [31000])).toBe(true)
  expect(mayPing('1\t0\n', [31000, 0, 1])).toBe(false)
})
