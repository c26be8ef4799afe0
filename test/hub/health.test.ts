import { describe, expect, test } from 'vitest'
import type { Machine } from '../../src/apply/machine.ts'
import { gone, newsOf, nodeHealth } from '../../src/hub/health.ts'
import {
  linkHealth,
  linkProbes,
  pingCommand,
  probeLinks,
  readRoundTrip,
  troubles,
} from '../../src/hub/link-health.ts'
import type { Presence } from '../../src/hub/presence.ts'
import { rosterOf } from '../../src/hub/roster.ts'
import type { Seating } from '../../src/hub/seats.ts'
import { decodeRequest } from '../../src/protocol/messages.ts'
import { config, feedNode, known } from './records.ts'

const { nodes } = rosterOf(known(feedNode(1)))
const t = 1_700_000_000_000
const presence: Presence = {
  ...{ began: t, at: t, outer: { address: '198.51.100.1', port: 9 }, received: 5, sent: 7 },
}

function health(seat: Seating | undefined, there: Presence | undefined, later: number) {
  const seats = new Map(seat === undefined ? [] : [['n1', seat]])
  const presences = new Map([
    [seat?.rung ?? '', new Map(there === undefined ? [] : [['n1', there]])],
  ])
  return nodeHealth(nodes, { seats, presences, openvpn: new Set(['udp']) }, t + later)[0]
}

describe('a node', () => {
  test('that never came is not told of', () => {
    expect(health(undefined, undefined, 0)).toBeUndefined()
  })

  test('is told with all that its tunnel knows', () => {
    expect(health({ rung: 'udp', mtu: 1300, at: t }, presence, 5)).toEqual({
      ...{ node: 'n1', state: 'up', at: t, rung: 'udp', mtu: 1300, rx: 7, tx: 5 },
      outer: { address: '198.51.100.1', port: 9 },
    })
  })

  test.each([
    ['by OpenVPN while OpenVPN has it', { rung: 'udp', at: t }, presence, 1e9, 'up'],
    ['by OpenVPN when it has not', { rung: 'udp', at: t }, undefined, 1, 'down'],
    ['by WireGuard after a handshake', { rung: 'wg', at: t }, undefined, 189_999, 'up'],
    ['by WireGuard when there was no other', { rung: 'wg', at: t }, undefined, 190_000, 'down'],
    [
      'by WireGuard while it speaks',
      { rung: 'wg', at: 0, hello: { count: 1, at: t } },
      undefined,
      59_999,
      'up',
    ],
    [
      'by WireGuard when it fell silent',
      { rung: 'wg', at: 0, hello: { count: 1, at: t } },
      undefined,
      60_000,
      'down',
    ],
  ] as const)('%s is %s', (_, seat, there, later, state) => {
    expect(health(seat, there, later)?.state).toBe(state)
  })

  test('is told of again when it changed place, and now and then when it was heard of', () => {
    const one = { node: 'n1', state: 'up', at: 1, rung: 'wg' } as const
    const told = new Map([['n1', one]])
    expect(newsOf([one], new Map(), false)).toEqual([one])
    expect(newsOf([{ ...one, at: 2 }], told, false)).toEqual([])
    expect(newsOf([{ ...one, at: 2 }], told, true)).toHaveLength(1)
    expect(newsOf([one], told, true)).toEqual([])
    for (const change of [
      { rung: 'udp' },
      { state: 'down' },
      { mtu: 1300 },
      { outer: presence.outer },
    ])
      expect(newsOf([{ ...one, ...change } as typeof one], told, false)).toHaveLength(1)
  })

  test('whose seat is gone is told of as down, once', () => {
    const one = { node: 'n1', state: 'up', at: 1, rung: 'wg' } as const
    const [down, ...more] = gone([], new Map([['n1', one]]))
    expect(down).toEqual({ ...one, state: 'down' })
    expect(more).toEqual([])
    expect(gone([], new Map([['n1', { ...one, state: 'down' }]]))).toEqual([])
    expect(gone([one], new Map([['n1', one]]))).toEqual([])
  })
})

const unasked = async () => {
  throw new Error('nothing but pings here')
}

describe('a link', () => {
  const state = {
    ...{ hub: 'hub1', config, nodes: [], tunnels: [], seats: new Map(), ways: new Map() },
    closed: { ipv4: [], ipv6: false },
  }

  test('is tried through its own device, and a routed service by any way', () => {
    expect(linkProbes(state).map((probe) => pingCommand(probe).slice(8).join(' '))).toEqual([
      '1 -I vxl-ce 192.0.2.22',
      '1 192.0.2.30',
      '1 192.0.2.31',
    ])
  })

  test('is up when every host of the service answers, since it first did', () => {
    const probe = (address: string, isAnswered: boolean) => ({
      ...{
        service: 'nas',
        address,
        device: undefined,
        isAnswered,
        roundTrip: isAnswered ? 3 : undefined,
      },
    })
    const both = [probe('192.0.2.30', true), probe('192.0.2.31', true)]
    const [up] = linkHealth(both, [], 10)
    expect(up).toEqual({ peer: 'nas', state: 'up', since: 10, roundTrip: 3 })
    expect(linkHealth(both, up === undefined ? [] : [up], 20)).toEqual([up])
    const one = [probe('192.0.2.30', true), probe('192.0.2.31', false)]
    expect(linkHealth(one, up === undefined ? [] : [up], 20)).toEqual([
      { peer: 'nas', state: 'down', since: 20, roundTrip: 3, problem: 'no answer from 192.0.2.31' },
    ])
  })

  test.each([
    [
      'is there, but what carries the link does not pass',
      ['192.0.2.22', '192.0.2.30', '192.0.2.31'],
      [
        'ce: 192.0.2.22 answers, but not through "vxl-ce"; let UDP port 4789 between 192.0.2.10 and 192.0.2.22 pass both ways, and run "dynfarm join" there',
      ],
    ],
    [
      'is gone',
      ['-I vxl-ce 192.0.2.22', '192.0.2.30'],
      ['nas: 192.0.2.31 does not answer; see whether it is up, and reached from this hub'],
    ],
    [
      'is gone with its link',
      ['192.0.2.30', '192.0.2.31'],
      [
        'ce: 192.0.2.22 answers neither through "vxl-ce" nor without it; see whether it is up, and let UDP port 4789 between 192.0.2.10 and 192.0.2.22 pass both ways',
      ],
    ],
  ])('that does not answer is told with the way out: one that %s', async (_, answering, told) => {
    const machine: Machine = {
      run: async ({ argv }) => ({
        code: answering.includes(argv.slice(9).join(' ')) ? 0 : 1,
        ...{ stdout: '', stderr: '' },
      }),
      ...{ readFile: unasked, writeFile: unasked, removeFile: unasked },
    }
    const found = troubles(await probeLinks(machine, linkProbes(state)))
    expect([...found].map(([service, why]) => `${service}: ${why}`)).toEqual(told)
  })

  test('to a service of many hosts says no more than the server takes', () => {
    const results = Array.from({ length: 60 }, (_, at) => ({
      ...{ service: 'disks', address: `192.0.2.${at + 100}`, device: undefined },
      ...{ isAnswered: false, roundTrip: undefined },
    }))
    const links = linkHealth(results, [], 10)
    expect(links[0]?.problem).toMatch(/^no answer from 192\.0\.2\.100, .* …$/)
    expect(decodeRequest('hubReport', { time: 1, links })).toMatchObject({ value: { links } })
  })

  test('has the average of ping', () => {
    expect(readRoundTrip('rtt min/avg/max/mdev = 0.050/1.700/9.090/0.010 ms')).toBe(2)
    expect(readRoundTrip('100% packet loss')).toBeUndefined()
  })
})
