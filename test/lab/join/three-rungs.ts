import type { LabHost } from '../lib/lab-host.ts'
import { type Centre, fixture, giveToken, joinService, startCentre, until } from './centre.ts'

export const ce = '192.0.2.22'
export const port = 9618
export const rungs = ['wg', 'udp', 'tcp'] as const
export type Rung = (typeof rungs)[number]

/** Of the node by each rung: its machine, and its inner address. */
export interface Ends {
  machine: LabHost
  inner: string
}

/** A centre with one node on each rung, whatever else would do, and a service. */
export interface Farm {
  centre: Centre
  nodes: Readonly<Record<Rung, Ends>>
}

const traffic = ['icmp', `tcp/${port}`, `udp/${port}`]

export async function startThreeRungs(): Promise<Farm> {
  const service = { address: ce, link: 'vxlan', 'from-nodes': traffic, 'to-nodes': traffic }
  const centre = await startCentre({
    machines: rungs.length,
    centre: { services: { ce: service } },
    sites: Object.fromEntries(
      rungs.map((rung, at) => [rung, { nodes: `10.200.${at + 2}.0/24`, tunnels: [rung] }]),
    ),
  })
  const ends = (at: number): Ends => ({
    machine: centre.lab.host(`aruba-${'abc'[at]}`),
    inner: `10.200.${at + 2}.1`,
  })
  await joinService(centre)
  return { centre, nodes: { wg: ends(0), udp: ends(1), tcp: ends(2) } }
}

// biome-ignore lint/suspicious/noExplicitAny: what came is what the test looks at
export async function joinRung({ centre, nodes }: Farm, rung: Rung): Promise<any> {
  const { machine } = nodes[rung]
  await giveToken(centre, machine, { site: rung })
  return await centre.json(machine.name, ['join'])
}

export async function rejoinRung({ centre, nodes }: Farm, rung: Rung): Promise<{ mtu: number }> {
  const { name } = nodes[rung].machine
  await centre.json(name, ['down'])
  return await centre.json(name, ['join'])
}

/** Gives back what it is sent, in packets that nobody may cut. */
export async function serveWhole(host: LabHost): Promise<void> {
  const server = host.spawn(['python3', fixture('whole-packets.py'), 'serve', String(port)])
  let said = ''
  server.stdout?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  await until(async () => said.includes('ready'))
}

/** The size of the pieces in which it sent 1 MB; it had that back, and a packet of exactly so many bytes. */
export async function askWhole(host: LabHost, address: string, mtu: number): Promise<number> {
  const words = ['ask', address, String(port), String(mtu)]
  return Number(await host.must(['python3', fixture('whole-packets.py'), ...words]))
}
