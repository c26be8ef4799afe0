import { type Centre, giveToken, startCentre } from '../../../../test/lab/join/centre.ts'
import type { LabHost } from '../../../../test/lab/lib/lab-host.ts'
import { centre as places } from '../../../../test/lab/lib/places.ts'
import type { Topology } from '../../../../test/lab/lib/topology.ts'
import { type Floor, floorHosts, startFloor } from '../floor.ts'
import { type Rung, rungs } from '../rung.ts'
import { shape } from '../shape.ts'

/** One machine a rung, each joined to one hub by `dynfarm join`, over a link of the same speed. */
export interface Farm {
  readonly hub: LabHost
  readonly machines: Readonly<Record<Rung, LabHost>>
  readonly addresses: {
    /** Of the hub: without a tunnel, and through one. */
    readonly plain: string
    readonly inner: string
  }
  readonly floor: Floor
  /** Which WireGuard it is. */
  readonly wireguard: 'kernel' | 'wireguard-go'
  stop(): Promise<void>
}

const hub = { public: '203.0.113.10', inner: '10.200.0.1', local: '192.0.2.10' }
/** A port that nodes may use at the hub itself. */
export const port = 5201

/**
 * Machines beside the hub on one switch: whatever stands between works on this machine's own processors, at the sender's
 * expense, and on every packet of a tunnel, where plain TCP crosses it in pieces of 64 KiB.
 */
const topology: Topology = {
  segments: places.segments,
  hosts: [
    ...places.hosts.filter(({ name }) => ['hub1', 'server', 'ce'].includes(name)),
    ...rungs.map((rung, at) => ({
      name: `node-${rung}`,
      domain: 'example.net',
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
    centre: { hubs: { hub1: { ...hub, 'from-nodes': ['icmp', `tcp/${port}`] } } },
    sites: Object.fromEntries(rungs.map((rung, at) => [rung, siteOf(rung, at)])),
  })
  try {
    const machines = await joinAll(centre)
    const end = centre.lab.host('hub1')
    const floor = await startFloor(centre.lab.host('floor-hub'), centre.lab.host('floor-node'))
    for (const host of [end, floor.hub, floor.machine, ...Object.values(machines)])
      await shape(host, linkMbits)
    const { stdout } = await end.run(['pgrep', '-x', 'wireguard-go'])
    return {
      ...{ hub: end, machines, floor, stop: () => centre.stop() },
      addresses: { plain: hub.public, inner: hub.inner },
      wireguard: stdout === '' ? 'kernel' : 'wireguard-go',
    }
  } catch (error) {
    await centre.stop()
    throw error
  }
}

/** So that each machine has one rung, whatever else would do. */
function siteOf(rung: Rung, at: number): object {
  return { nodes: `10.200.${at + 2}.0/24`, tunnels: [rung] }
}

async function joinAll(centre: Centre): Promise<Record<Rung, LabHost>> {
  const joined = rungs.map(async (rung) => {
    const name = `node-${rung}`
    const machine = centre.lab.host(name)
    await giveToken(centre, machine, { site: rung })
    const answer = await centre.json(name, ['join'])
    if (answer.rung !== rung) throw new Error(`"${name}" came by "${answer.rung}"`)
    return [rung, machine] as const
  })
  return Object.fromEntries(await Promise.all(joined)) as Record<Rung, LabHost>
}
