import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { realMachine } from '../../apply/real-machine.ts'
import { observeNetwork } from '../../client/observe-network.ts'
import { observeTools, withoutRoot } from '../../client/observe-tools.ts'
import { becomeHub, type Newcomer } from '../enrol.ts'
import type { Hub } from '../hub.ts'
import { openHub, reside } from '../resident.ts'
import { removeTunnels } from '../tunnels/converge.ts'
import type { HubOrder } from './order.ts'
import { uplinkBy } from './uplink.ts'

/** The hub as root of its namespaces, until nobody holds the other end of its standard input. */
export async function runInside(
  stdin: Readable,
  about: Pick<Newcomer, 'log' | 'version' | 'platform'>,
): Promise<void> {
  const { order, end } = await readOrder(stdin)
  const { stateDir, servers, token, socket, canPing } = order
  const machine = realMachine()
  const newcomer = { ...about, stateDir, servers, token, tokenFile: undefined, end }
  const identity = await becomeHub(machine, newcomer)
  const uplink = uplinkBy(socket, canPing)
  const hub = await openHub(machine, { stateDir, log: about.log, identity, uplink })
  await reside(hub, { ...about, end })
  await sayGoodbye(hub)
}

async function readOrder(stdin: Readable): Promise<{ order: HubOrder; end: AbortSignal }> {
  const lines = createInterface({ input: stdin })
  const over = new AbortController()
  lines.on('close', () => over.abort())
  const order = await new Promise<HubOrder>((resolve) =>
    lines.once('line', (line) => resolve(JSON.parse(line))),
  )
  return { order, end: over.signal }
}

/** An OpenVPN that is asked to end tells its nodes, who come again at once instead of after their keepalive. */
async function sayGoodbye({ machine, identity }: Hub): Promise<void> {
  const tools = withoutRoot(await observeTools(machine))
  const { devices } = await observeNetwork(machine)
  const none = { wanted: [], nodes: [], devices: [], wireguard: new Map() }
  await removeTunnels({ ...none, tools, identity }, devices, { machine })
}
