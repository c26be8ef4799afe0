import { expect, test } from 'vitest'
import { openvpnPresences, wireguardPresences } from '../../src/hub/presence.ts'
import { rosterOf } from '../../src/hub/roster.ts'
import { feedNode, known, wireguardKey } from './records.ts'

const { nodes } = rosterOf(known(feedNode(1), feedNode(2)))
const now = 1_700_000_100_000
const none = new Map()
const certificate = feedNode(1).certificate ?? ''
const client = {
  ...{ client: 3, certificate, addresses: ['10.200.0.1'], received: 10, sent: 20 },
  since: 1_700_000_000,
}

test('a session of OpenVPN is the node’s whose certificate it has', () => {
  const seen = openvpnPresences([client, { ...client, certificate: '6'.repeat(32) }], nodes, {
    ...{ before: none, now },
  })
  expect([...seen]).toEqual([
    [
      'n1',
      { began: 1_700_000_000_000, at: 1_700_000_000_000, outer: undefined, received: 10, sent: 20 },
    ],
  ])
})

test('what came since the last look came just now', () => {
  const before = openvpnPresences([client], nodes, { before: none, now })
  const look = (over: object) =>
    openvpnPresences([{ ...client, ...over }], nodes, { before, now: now + 9 }).get('n1')?.at
  expect(look({ received: 11 })).toBe(now + 9)
  expect(look({ sent: 99 })).toBe(1_700_000_000_000)
  expect(look({ since: 1_700_000_050, received: 1 })).toBe(now + 9)
})

test('a peer of WireGuard is there once it shook hands', () => {
  const peer = {
    ...{ addresses: [], keepalive: 0, hasPresharedKey: false, received: 1, sent: 2 },
    ...{ endpoint: '[2001:db8::7]:4000', handshake: 1_700_000_000 },
  }
  const peers = new Map([
    [wireguardKey(1), peer],
    [wireguardKey(2), { ...peer, handshake: 0 }],
    [wireguardKey(9), peer],
  ])
  const device = { publicKey: wireguardKey(3), port: 1, peers }
  const seen = wireguardPresences(device, nodes, { before: none, now })
  expect([...seen.keys()]).toEqual(['n1'])
  expect(seen.get('n1')).toMatchObject({
    ...{ began: 1_700_000_000_000, outer: { address: '2001:db8::7', port: 4000 } },
  })
  expect(wireguardPresences(undefined, nodes, { before: none, now }).size).toBe(0)
})
