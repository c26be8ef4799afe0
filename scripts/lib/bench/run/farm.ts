import {
  type Centre,
  centreYaml,
  giveToken,
  startCentre,
  until,
} from '../../../../test/lab/join/centre.ts'
import type { LabHost } from '../../../../test/lab/lib/lab-host.ts'
import { centre as places } from '../../../../test/lab/lib/places.ts'
import { ordinaryUser, type Topology } from '../../../../test/lab/lib/topology.ts'
import { floorHosts } from '../floor.ts'
import { shape } from '../shape.ts'
import { prepareByHand } from './by-hand.ts'

/** A machine of somebody else's, beside a hub on one switch; and a node, beside one that nobody is root on. */
export interface Farm {
  readonly hub: LabHost
  readonly lender: LabHost
  readonly node: LabHost
  /** `dynfarm run` as an ordinary user there has it; the mode and the job come behind it. */
  readonly run: readonly string[]
  /** Two machines that dynfarm is not on, and what goes from one to the other by the same programs. */
  readonly byHand: {
    readonly hub: LabHost
    readonly machine: LabHost
    readonly run: readonly string[]
  }
  stop(): Promise<void>
}

/** It is on the hub itself, so that nothing but the way to the hub is measured. */
export const service = { address: '192.0.2.10', public: '203.0.113.10', port: 5201 }

const packaged = new URL('../../../../dist/dynfarm', import.meta.url).pathname
const token = `${ordinaryUser.home}/token`
const server = 'https://203.0.113.12:8443'

const topology: Topology = {
  segments: places.segments,
  hosts: [
    ...places.hosts.filter(({ name }) => ['hub1', 'hub2', 'server'].includes(name)),
    ...['lender', 'node'].map((name, at) => ({
      ...{ name, domain: 'example.net' },
      ports: [
        { device: 'eth0', segment: 'public', addresses: [`203.0.113.${at + 20}/26`] },
      ] as const,
    })),
    ...floorHosts,
  ],
}

export async function startFarm(linkMbits: number): Promise<Farm> {
  const centre = await startCentre({
    scenario: topology,
    site: { jobs: '10.200.64.0/20', tunnels: ['udp'] },
    sites: { osaka: { nodes: '10.200.2.0/24', jobs: '10.200.80.0/20', tunnels: ['rootless'] } },
    centre: { hubs, tunnels, services: { ce: local } },
  })
  try {
    const [end, lender, node] = ['hub1', 'lender', 'node'].map((name) => centre.lab.host(name))
    if (!end || !lender || !node) throw new Error('a host is missing')
    await giveJobToken(centre, lender)
    await startRootless(centre)
    await joinNode(centre, node)
    const [floorHub, machine] = floorHosts.map(({ name }) => centre.lab.host(name))
    if (!floorHub || !machine) throw new Error('a host is missing')
    const byHand = { hub: floorHub, machine, run: await prepareByHand(floorHub, machine) }
    for (const host of [end, centre.lab.host('hub2'), lender, node, floorHub, machine])
      await shape(host, linkMbits)
    const way = ['--server', server, '--token-file', token, '--quiet']
    const run = [packaged, 'run', ...way]
    return { hub: end, lender, node, run, byHand, stop: () => centre.stop() }
  } catch (error) {
    await centre.stop()
    throw error
  }
}

const hubs = {
  hub1: { public: service.public, inner: '10.200.0.1', local: service.address, socks: 8445 },
  hub2: { public: '203.0.113.11', inner: '10.200.0.2', local: '192.0.2.11', rootless: true },
}

const tunnels = {
  udp: centreYaml.tunnels.udp,
  rootless: { ...centreYaml.tunnels.udp, hub: 'hub2' },
}

const local = {
  ...{ address: service.address, names: ['farm.example.org'], link: 'local' },
  ...{ 'from-nodes': [`tcp/${service.port}`, 'icmp'], 'to-nodes': [] },
}

async function giveJobToken(centre: Centre, lender: LabHost): Promise<void> {
  await keepToken(lender, await centre.token({ role: 'job', site: 'aruba', uses: 1000 }))
}

async function keepToken(host: LabHost, input: string): Promise<void> {
  const keep = 'umask 077; cat >"$1"; chown "$2" "$1"'
  await host.must(['sh', '-c', keep, 'sh', token, ordinaryUser.name], { input })
}

async function startRootless(centre: Centre): Promise<void> {
  const host = centre.lab.host('hub2')
  await keepToken(host, await centre.token({ role: 'hub', name: 'hub2', uses: 1 }))
  const way = ['--server', server, '--token-file', token]
  const hub = host.spawn([packaged, 'hub', '--rootless', ...way], { ordinary: true })
  let said = ''
  hub.stderr?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  const listens = async () => (await host.must(['ss', '-Hlnu'])).includes(':1194 ')
  await until(listens, () => said)
}

async function joinNode(centre: Centre, node: LabHost): Promise<void> {
  await giveToken(centre, node, { site: 'osaka' })
  const answer = await centre.json('node', ['join'])
  if (answer.rung !== 'rootless') throw new Error(`the node came by "${answer.rung}"`)
}
