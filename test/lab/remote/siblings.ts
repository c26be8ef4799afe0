import { startLab } from '../lib/lab.ts'
import type { HostOutcome, LabHost } from '../lib/lab-host.ts'
import type { HostSpec, Topology } from '../lib/topology.ts'

/** A centre, and a site whose nodes have a network of their own beside their way to it. */
export interface Siblings {
  centre: LabHost
  nodes: readonly LabHost[]
  put(words: readonly string[], options?: { signal?: AbortSignal }): Promise<HostOutcome>
  /** Bytes that left the centre. */
  sent(): Promise<number>
  stop(): Promise<void>
}

export const relayPort = 7788
export const siteAddress = (n: number) => `10.1.0.${n}`
export const wanAddress = (n: number) => `10.9.0.${n}`
const state = '/root/state'

/** `dynfarm` is the command line of it, on every host. */
export async function startSiblings(
  count: number,
  dynfarm: readonly [string, ...string[]],
): Promise<Siblings> {
  const lab = await startLab({ name: 'siblings', scenario: topologyOf(count) })
  try {
    const centre = lab.host('centre')
    const nodes = lab.hosts.filter(({ name }) => name !== 'centre')
    await Promise.all(nodes.map((node) => prepare(node, dynfarm)))
    await centre.must(['mkdir', '-p', `${state}/remote`])
    await centre.write(`${state}/remote/inventory.json`, JSON.stringify(await inventory(nodes)))
    const own = ['remote', 'put', '--state', state, '-i', '/root/.ssh/lab']
    return {
      centre,
      nodes,
      put: (words, options) =>
        centre.run([...dynfarm, ...own, ...words], { timeoutMs: 120_000, ...options }),
      sent: async () => Number(await centre.read('/sys/class/net/eth0/statistics/tx_bytes')),
      stop: () => lab.stop(),
    }
  } catch (error) {
    await lab.stop()
    throw error
  }
}

function topologyOf(count: number): Topology {
  const nodes = Array.from({ length: count }, (_, at) => node(at + 1))
  const ports: HostSpec['ports'] = [
    { device: 'eth0', segment: 'wan', addresses: [`${wanAddress(254)}/24`] },
  ]
  return {
    segments: [{ name: 'wan' }, { name: 'site' }],
    hosts: [{ name: 'centre', domain: 'example.org', ports }, ...nodes],
  }
}

function node(n: number): HostSpec {
  const ports: HostSpec['ports'] = [
    { device: 'eth0', segment: 'wan', addresses: [`${wanAddress(n)}/24`] },
    { device: 'eth1', segment: 'site', addresses: [`${siteAddress(n)}/16`] },
  ]
  return { name: `aruba-${n}`, domain: 'example.org', ports }
}

async function prepare(host: LabHost, dynfarm: readonly string[]): Promise<void> {
  const relay = { network: '10.1.0.0/16', port: relayPort }
  const kept = { of: 'a later version', answer: { site: { relay, later: true } } }
  await host.must(['mkdir', '-p', '/var/lib/dynfarm/node'])
  await host.write('/var/lib/dynfarm/node/config.json', JSON.stringify(kept))
  await host.write('/usr/bin/dynfarm', `#!/bin/sh\nexec ${dynfarm.join(' ')} "$@"\n`)
  await host.must(['chmod', '+x', '/usr/bin/dynfarm'])
}

async function inventory(nodes: readonly LabHost[]) {
  const known = nodes.map(async (host, at) => ({
    ...{ name: host.name, site: 'aruba', state: 'ready', labels: {} },
    addresses: [wanAddress(at + 1)],
    hostKeys: [
      (await host.read('/etc/ssh/ssh_host_ed25519_key.pub')).split(' ', 2).join(' ').trim(),
    ],
  }))
  return { takenAt: Date.now(), nodes: await Promise.all(known) }
}
