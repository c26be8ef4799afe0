import { describe, expect, test } from 'vitest'
import { Witness } from '../../src/hub/witness.ts'
import { makeHub } from './acting.ts'
import { feedNode, known, wireguardKey } from './records.ts'

const all = () => known(feedNode(1), feedNode(2, { state: 'quarantined' }))

function hear(witness: Witness, from: string, rung: string, count = 1): () => number {
  let answers = 0
  witness.heardHello({
    ...{ hello: { count, rung, mtu: 1400 }, from },
    answer: () => {
      answers += 1
    },
  })
  return () => answers
}

describe('a hello', () => {
  test('seats the node, and is answered once its routes follow', () => {
    const { hub } = makeHub(all())
    const answers = hear(new Witness(hub), '10.200.0.1', 'wg')
    expect(hub.seats.get('n1')).toMatchObject({ rung: 'wg', mtu: 1400 })
    expect([...hub.moves]).toEqual(['n1'])
    expect(answers()).toBe(0)
    hub.answers.get('n1')?.()
    expect(answers()).toBe(1)
  })

  test('that says nothing new is answered at once', () => {
    const { hub } = makeHub(all(), new Map([['n1', { rung: 'wg', mtu: 1400, at: 1 }]]))
    expect(hear(new Witness(hub), '10.200.0.1', 'wg')()).toBe(1)
    expect(hub.moves.size).toBe(0)
  })

  test('while its routes do not follow yet, is not', () => {
    const { hub } = makeHub(all())
    const witness = new Witness(hub)
    hear(witness, '10.200.0.1', 'wg')
    expect(hear(witness, '10.200.0.1', 'wg')()).toBe(0)
  })

  test.each([
    ['of nobody', '10.200.0.9', 'wg'],
    ['by a rung that does not end here', '10.200.0.1', 'tcp'],
  ])('%s is not heard', (_, from, rung) => {
    const { hub } = makeHub(all())
    expect(hear(new Witness(hub), from, rung)()).toBe(0)
    expect(hub.seats.size + hub.moves.size).toBe(0)
  })

  test('a node in quarantine is seated too: the hub reaches it', () => {
    const { hub } = makeHub(all())
    hear(new Witness(hub), '10.200.0.2', 'wg')
    expect(hub.seats.has('n2')).toBe(true)
  })

  test('a node that runs to and fro is not followed at every step', () => {
    const { hub } = makeHub(all())
    const witness = new Witness(hub)
    for (let count = 1; count <= 100; count += 1)
      hear(witness, '10.200.0.1', count % 2 === 0 ? 'udp' : 'wg', count)
    expect(hub.seats.get('n1')).toMatchObject({ rung: 'wg', hello: { count: 1 } })
  })
})

test('a node that says nothing is found by WireGuard’s handshake', () => {
  const { hub } = makeHub(all())
  const peer = {
    ...{ addresses: [], keepalive: 0, hasPresharedKey: false, received: 1, sent: 2 },
    ...{ endpoint: undefined, handshake: 1_700_000_000 },
  }
  const device = { publicKey: undefined, port: 1, peers: new Map([[wireguardKey(1), peer]]) }
  new Witness(hub).sawWireguard(new Map([['tun-wg', device]]))
  expect(hub.seats.get('n1')).toEqual({ rung: 'wg', at: 1_700_000_000_000 })
  expect(hub.presences.get('wg')?.get('n1')).toMatchObject({ received: 1, sent: 2 })
})

describe('what a hub learns', () => {
  test('is on the disk first, and takes the seat of who is gone', async () => {
    const { hub, files } = makeHub(all(), new Map([['n1', { rung: 'wg', at: 1 }]]))
    await hub.learn((before) => ({ ...before, revoked: new Set(['n1']) }))
    expect(JSON.parse(files.get('/s/hub/revoked.json') ?? '')).toEqual(['n1'])
    expect(hub.seats.size).toBe(0)
    expect(hub.nodeAt('10.200.0.1')).toBeUndefined()
    expect(hub.isLookWanted).toBe(true)
  })

  test('from two at once is learned from both', async () => {
    const { hub } = makeHub(all())
    const revoke = (id: string) =>
      hub.learn((before) => ({ ...before, revoked: new Set([...before.revoked, id]) }))
    await Promise.all([revoke('n1'), revoke('n2')])
    expect([...hub.known.revoked]).toEqual(['n1', 'n2'])
  })

  test('holds also where the disk is full, and is kept when it is not', async () => {
    const { hub, files, disk, said } = makeHub(all())
    disk.isFull = true
    await hub.learn((before) => ({ ...before, revoked: new Set(['n1']) }))
    expect(hub.nodeAt('10.200.0.1')).toBeUndefined()
    expect(hub.isKept).toBe(false)
    await hub.learn((before) => ({ ...before, position: 'one.6' }))
    expect(said.text.match(/cannot be kept, and is in force all the same/g)).toHaveLength(1)
    disk.isFull = false
    await hub.learn((before) => ({ ...before, position: 'one.7' }))
    expect(JSON.parse(files.get('/s/hub/revoked.json') ?? '')).toEqual(['n1'])
    expect(hub.isKept).toBe(true)
  })

  test('is tried again for the places of nodes too, until the disk takes them', async () => {
    const { hub, files, disk } = makeHub(all())
    disk.isFull = true
    hub.seat('n1', { rung: 'wg', at: 1 })
    await hub.keepSeats()
    disk.isFull = false
    await hub.keepSeats()
    expect(JSON.parse(files.get('/s/hub/seats.json') ?? '').seats).toMatchObject([{ node: 'n1' }])
  })

  test('a change that fails does not stop it for ever', async () => {
    const { hub } = makeHub(all())
    const broken = hub.learn(() => {
      throw new Error('broken')
    })
    await expect(broken).rejects.toThrow('broken')
    await hub.learn((before) => ({ ...before, position: 'one.6' }))
    expect(hub.known.position).toBe('one.6')
  })
})

test('a WireGuard whose process is gone is looked after', () => {
  const { hub } = makeHub(all())
  const witness = new Witness(hub)
  hub.isLookWanted = false
  const device = { publicKey: undefined, port: 1, peers: new Map() }
  witness.sawWireguard(new Map([['tun-wg', device]]))
  expect(hub.isLookWanted).toBe(false)
  witness.sawWireguard(new Map())
  expect(hub.isLookWanted).toBe(true)
})

test('seats are kept when they changed, and only then', async () => {
  const { hub, files } = makeHub(all())
  await hub.keepSeats()
  expect(files.size).toBe(0)
  hub.seat('n1', { rung: 'wg', at: 1 })
  await hub.keepSeats()
  expect(JSON.parse(files.get('/s/hub/seats.json') ?? '').seats).toHaveLength(1)
})
