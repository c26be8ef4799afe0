import { expect, test } from 'vitest'
import type { Command, Outcome } from '../../src/apply/machine.ts'
import type { Tools } from '../../src/client/observe-tools.ts'
import { Hub } from '../../src/hub/hub.ts'
import { takeFeed } from '../../src/hub/known.ts'
import { Worker } from '../../src/hub/worker.ts'
import { makeLog } from '../../src/log.ts'
import type { CentreConfig } from '../../src/protocol/schema/centre-config.ts'
import { KeptStream } from '../fakes/stream.ts'
import { makeHub } from './acting.ts'
import { HubHost } from './hub-host.ts'
import { config, feed, feedNode, known, wireguardKey } from './records.ts'

const tools: Tools = {
  ...{ supervisor: 'none', openvpn: undefined, runAs: undefined, ping: '/bin/ping' },
  ...{ hasKernelWireguard: true, wireguardGo: undefined },
}
const wg = config.tunnels.filter(({ kind }) => kind === 'wireguard')
const two: CentreConfig = {
  ...{ ...config, links: [] },
  tunnels: [...wg.map((tunnel) => ({ ...tunnel, name: 'other', port: 51821 })), ...wg],
}

/** A kernel that refuses what a command says by these words. */
class Refusing extends HubHost {
  readonly refused: RegExp
  readonly words: string

  constructor(refused: RegExp, words: string) {
    super()
    this.refused = refused
    this.words = words
  }

  override async run(command: Command): Promise<Outcome> {
    const { argv, input = '' } = command
    const isRefused = this.refused.test([...argv, input].join(' '))
    return isRefused ? { code: 1, stdout: '', stderr: this.words } : await super.run(command)
  }
}

async function roundOn(host: HubHost) {
  const { hub: model } = makeHub(known(feedNode(1)))
  const said = new KeptStream()
  const hub = new Hub({
    ...{ identity: { ...model.identity, wireguard: { private: '', public: wireguardKey(500) } } },
    ...{ state: '/s', machine: host, seats: { seats: new Map(), closed: undefined } },
    log: makeLog({ stdout: new KeptStream(), stderr: said, env: {} }),
    known: takeFeed(known(), feed({ config: two, nodes: [feedNode(1)] })),
  })
  const isWell = await new Worker(hub, tools, () => {}).round()
  return { isWell, said: said.text }
}

test('a device that the kernel does not make keeps no other one and no node out', async () => {
  const host = new Refusing(/link add name tun-other/, 'Error: Unknown device type.\n')
  const { isWell, said } = await roundOn(host)
  expect(isWell).toBe(false)
  expect(said).toContain(
    '"tun-other" cannot be made: this kernel makes no device of type "wireguard": "ip -batch',
  )
  expect(said).toContain('settings of tun-other has to wait')
  const { devices, rules } = host.network.ip
  expect([...devices.keys()]).toEqual(['lo', 'tun-wg'])
  expect(rules.length).toBeGreaterThan(0)
  expect([...host.peers.values()]).toEqual(['10.200.0.1/32'])
  expect(host.network.nft.list()).toContain('10.200.0.1')
})

test('what attaches to a device does not make its own, where the network fails before that', async () => {
  const host = new Refusing(/^nft -f/, 'Error: Could not process rule: No such file or directory\n')
  const { isWell } = await roundOn(host)
  expect(isWell).toBe(false)
  expect([...host.network.ip.devices.keys()]).toEqual(['lo'])
  expect(host.peers.size).toBe(0)
})
