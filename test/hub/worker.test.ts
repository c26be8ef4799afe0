import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Tools } from '../../src/client/observe-tools.ts'
import { Hub } from '../../src/hub/hub.ts'
import { type FeedNode, takeFeed } from '../../src/hub/known.ts'
import { Worker } from '../../src/hub/worker.ts'
import { makeLog } from '../../src/log.ts'
import { parseFirewall } from '../../src/net/nft/parse.ts'
import type { CentreConfig } from '../../src/protocol/schema/centre-config.ts'
import { KeptStream } from '../fakes/stream.ts'
import { makeHub } from './acting.ts'
import { HubHost } from './hub-host.ts'
import { config, feed, feedNode, known, wireguardKey } from './records.ts'

const tools: Tools = {
  ...{ supervisor: 'none', openvpn: undefined, runAs: undefined, ping: '/bin/ping' },
  ...{ hasKernelWireguard: true, wireguardGo: undefined },
}
const plain: CentreConfig = {
  ...{ ...config, links: [] },
  tunnels: config.tunnels.filter(({ kind }) => kind === 'wireguard'),
}
let end = new AbortController()

// No round is due before the test lets time pass, however long the machine takes.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  end.abort()
  end = new AbortController()
  vi.useRealTimers()
})

function setOf({ network }: HubHost, name: string) {
  return parseFirewall(network.nft.list())?.sets.get(name)?.elements
}

/** A hub at work that has two nodes in force. */
async function hubAtWork() {
  const [host, said] = [new HubHost(), new KeptStream()]
  const { hub: model } = makeHub(known(feedNode(1), feedNode(2)))
  const hub = new Hub({
    ...{ identity: { ...model.identity, wireguard: { private: '', public: wireguardKey(500) } } },
    ...{ state: '/s', machine: host, seats: { seats: new Map(), closed: undefined } },
    log: makeLog({ stdout: new KeptStream(), stderr: said, env: {} }),
    known: takeFeed(known(), feed({ config: plain, nodes: [feedNode(1), feedNode(2)] })),
  })
  let rounds = 0
  const worker = new Worker(hub, tools, () => {
    rounds += 1
  })
  void worker.run(end.signal)
  const inForce = (position: string) => expect.poll(() => hub.applied).toBe(position)
  await inForce('one.5')
  const learn = async (generation: number, ...nodes: FeedNode[]) => {
    const position = `one.${generation}`
    host.ran.length = 0
    const { config: _, ...delta } = feed({ kind: 'delta', position, nodes })
    await hub.learn((now) => takeFeed(now, delta))
    await inForce(position)
    return [...host.ran]
  }
  const rules = () => host.network.nft.list()
  /** No round is due for half a minute. */
  const quiet = async () => {
    await vi.advanceTimersByTimeAsync(1000)
    await expect.poll(() => rounds).toBe(2)
  }
  return { host, hub, worker, said, learn, rules, quiet }
}

const looked = (ran: readonly string[]) => ran.includes('ip')

describe('a node that comes', () => {
  test('is let in without a look at the host, which follows', async () => {
    const { host, learn, rules, quiet } = await hubAtWork()
    await quiet()
    expect((await learn(6, feedNode(3))).sort()).toEqual(['nft', 'wg'])
    expect(host.peers.get(wireguardKey(3))).toBe('10.200.0.3/32')
    expect(rules()).toContain('10.200.0.3')
    await vi.advanceTimersByTimeAsync(1000)
    await expect.poll(() => looked(host.ran)).toBe(true)
    expect(host.peers.size).toBe(3)
  })

  test('finds the hub with time for it, although the kernel tells at once of what let it in', async () => {
    const { host, worker, learn, quiet } = await hubAtWork()
    await quiet()
    const run = host.run.bind(host)
    host.run = async (command) => {
      if (command.argv[0] === 'nft') worker.kernelChanged()
      return await run(command)
    }
    await learn(6, feedNode(3))
    await vi.advanceTimersByTimeAsync(700)
    expect(looked(host.ran)).toBe(false)
    await vi.advanceTimersByTimeAsync(300)
    await expect.poll(() => looked(host.ran)).toBe(true)
  })

  test('after another is let in as fast, and nobody is lost', async () => {
    const { host, learn, rules } = await hubAtWork()
    for (const slot of [3, 4, 5]) expect(looked(await learn(3 + slot, feedNode(slot)))).toBe(false)
    for (const slot of [1, 2, 3, 4, 5]) expect(rules()).toContain(`10.200.0.${slot}"`)
    expect(host.peers.size).toBe(5)
  })

  test('in quarantine is let in as one that may talk to nobody', async () => {
    const { host, learn } = await hubAtWork()
    await learn(6, feedNode(3, { state: 'quarantined' }))
    const inSet = (name: string) => setOf(host, name)?.has('10.200.0.3')
    expect(['nodes4', 'active4', 'nodes4_aruba'].map(inSet)).toEqual([true, false, false])
  })

  test('is let in by a whole round where a foreign hand took the firewall', async () => {
    const { host, learn, rules } = await hubAtWork()
    host.network.nft.transaction('delete table inet dynfarm\n')
    expect(looked(await learn(6, feedNode(3)))).toBe(true)
    for (const slot of [1, 2, 3]) expect(rules()).toContain(`10.200.0.${slot}"`)
  })

  test('while another is revoked does not keep that one in', async () => {
    const { host, learn, rules } = await hubAtWork()
    expect(looked(await learn(6, feedNode(1, { state: 'revoked' }), feedNode(3)))).toBe(true)
    expect([...host.peers.values()].sort()).toEqual(['10.200.0.2/32', '10.200.0.3/32'])
    expect(rules()).not.toContain('10.200.0.1"')
  })

  test('with the address of one that went before has it alone', async () => {
    const { host, learn } = await hubAtWork()
    await learn(6, feedNode(1, { freed: 7 }))
    await learn(7, feedNode(3, { addresses: ['10.200.0.1'] }))
    expect(host.peers.get(wireguardKey(3))).toBe('10.200.0.1/32')
    expect(host.peers.has(wireguardKey(1))).toBe(false)
  })

  test('and is left out is told of', async () => {
    const { hub, said, learn } = await hubAtWork()
    const taken = feedNode(3, { addresses: ['10.200.0.1'], created: 0 })
    expect(looked(await learn(6, taken))).toBe(true)
    expect(hub.nodes).toHaveLength(2)
    expect(said.text).toContain('node "aruba-3" is left out')
  })
})

test('a node that goes from one key to another is no comer', async () => {
  const { host, learn } = await hubAtWork()
  expect(looked(await learn(6, feedNode(1, { wireguardKey: wireguardKey(9) })))).toBe(true)
  expect(host.peers.has(wireguardKey(1))).toBe(false)
  expect(host.peers.get(wireguardKey(9))).toBe('10.200.0.1/32')
})

test('that a node is ready is in force at once, and no reason to look at anything', async () => {
  const { learn } = await hubAtWork()
  expect(await learn(6, feedNode(1, { state: 'failed', generation: 6 }))).toEqual([])
})

test('nodes that wait for an administrator are let in when they have leave', async () => {
  const { host, learn } = await hubAtWork()
  await learn(6, feedNode(3, { state: 'pending' }))
  expect(host.peers.has(wireguardKey(3))).toBe(false)
  await learn(7, feedNode(3))
  expect(host.peers.has(wireguardKey(3))).toBe(true)
})
