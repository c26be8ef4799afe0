import { type Centre, startCentre } from '../../../../test/lab/join/centre.ts'
import type { LabHost } from '../../../../test/lab/lib/lab-host.ts'
import { centre as places } from '../../../../test/lab/lib/places.ts'
import { ordinaryUser, type Topology } from '../../../../test/lab/lib/topology.ts'
import { shape } from '../shape.ts'

/** A machine of somebody else's, beside a hub on one switch. */
export interface Farm {
  readonly hub: LabHost
  readonly lender: LabHost
  /** `dynfarm run` as an ordinary user there has it; the mode and the job come behind it. */
  readonly run: readonly string[]
  stop(): Promise<void>
}

/** It is on the hub itself, so that nothing but the way to the hub is measured. */
export const service = { address: '192.0.2.10', public: '203.0.113.10', port: 5201 }

const packaged = new URL('../../../../dist/dynfarm', import.meta.url).pathname
const token = `${ordinaryUser.home}/token`

const topology: Topology = {
  segments: places.segments,
  hosts: [
    ...places.hosts.filter(({ name }) => ['hub1', 'server'].includes(name)),
    {
      name: 'lender',
      domain: 'example.net',
      ports: [{ device: 'eth0', segment: 'public', addresses: ['203.0.113.20/26'] }],
    },
  ],
}

export async function startFarm(linkMbits: number): Promise<Farm> {
  const centre = await startCentre({
    scenario: topology,
    site: { jobs: '10.200.64.0/20', tunnels: ['udp'] },
    centre: { hubs: { hub1: hub }, services: { ce: local } },
  })
  try {
    const [end, lender] = [centre.lab.host('hub1'), centre.lab.host('lender')]
    await giveToken(centre, lender)
    for (const host of [end, lender]) await shape(host, linkMbits)
    const way = ['--server', 'https://203.0.113.12:8443', '--token-file', token, '--quiet']
    return { hub: end, lender, run: [packaged, 'run', ...way], stop: () => centre.stop() }
  } catch (error) {
    await centre.stop()
    throw error
  }
}

const hub = { public: service.public, inner: '10.200.0.1', local: service.address, socks: 8445 }

const local = {
  ...{ address: service.address, names: ['farm.example.org'], link: 'local' },
  ...{ 'from-nodes': [`tcp/${service.port}`, 'icmp'], 'to-nodes': [] },
}

async function giveToken(centre: Centre, lender: LabHost): Promise<void> {
  const input = await centre.token({ role: 'job', site: 'aruba', uses: 1000 })
  const keep = 'umask 077; cat >"$1"; chown "$2" "$1"'
  await lender.must(['sh', '-c', keep, 'sh', token, ordinaryUser.name], { input })
}
