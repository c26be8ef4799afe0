import { text } from 'node:stream/consumers'
import { convergePlan } from '../../../src/apply/apply.ts'
import { realMachine } from '../../../src/apply/real-machine.ts'
import { observeNetwork } from '../../../src/client/observe-network.ts'
import type { HubState } from '../../../src/hub/network/state.ts'
import { hubNetwork } from '../../../src/hub/network/wanted.ts'
import type { Network } from '../../../src/net/network.ts'
import { planNetwork, requireUnblocked } from '../../../src/net/plan-network.ts'
import { renderPlan } from '../../../src/plan/render.ts'

/** What standard input has: a hub's state, with lists for maps, and which of its two walls to put up. */
interface Wanted {
  state: Omit<HubState, 'seats' | 'ways'> & {
    seats: [string, { device: string }][]
    ways: [string, { device: string }][]
  }
  walls: 'both' | 'routing' | 'firewall'
}

const { state, walls }: Wanted = JSON.parse(await text(process.stdin))
const machine = realMachine()
const wanted = without(
  hubNetwork({ ...state, seats: new Map(state.seats), ways: new Map(state.ways) }),
  walls,
)
// A device is dynfarm's from the first round on, and what else it had goes in the second.
for (const _round of [1, 2]) await convergePlan(await plan(), { machine })
const left = await plan()
console.log(`planned again: ${left.length} steps\n${renderPlan(left)}`)

async function plan() {
  return requireUnblocked(planNetwork(wanted, await observeNetwork(machine)))
}

/** The network with one wall taken away: no firewall, or every table of routes open. */
function without(network: Network, walls: Wanted['walls']): Network {
  const { firewall, ...rest } = network
  if (walls === 'routing') return rest
  return walls === 'firewall' ? { ...network, rules: [] } : network
}
