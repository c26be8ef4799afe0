import type { Machine } from '../../apply/machine.ts'
import { planNetwork } from '../../net/plan-network.ts'
import { findLeads } from './elsewhere.ts'
import type { Reach } from './reach.ts'
import { serviceEnd } from './service.ts'
import type { Problem } from './state.ts'
import type { ServiceHost } from './status-host.ts'

/** A hub that answers through the tunnel says nothing of what others did to the routes around it. */
export async function routeProblems(
  machine: Machine,
  device: string,
  reach: Reach,
): Promise<Problem[]> {
  const { elsewhere, nowhere } = await findLeads(machine, device, reach)
  const lost = nowhere.map((what) => `${what} has no route; "dynfarm join" puts that right`)
  return [
    ...elsewhere.map((message) => ({ code: 'networks-overlap', step: 'routes', message })),
    ...lost.map((message) => ({ code: 'network-blocked', step: 'routes', message })),
  ]
}

/** Without its guard a link carries traffic all the same. */
export function linkProblems({ config, network }: ServiceHost): Problem[] {
  const { steps, blocked } = planNetwork(serviceEnd(config, network), network)
  const reasons = new Set(steps.map(({ reason }) => reason))
  const changed = `others changed what dynfarm made; "dynfarm join" puts that right: ${[...reasons].join(', ')}`
  const messages = [
    ...(reasons.size === 0 ? [] : [changed]),
    ...blocked.map(({ what, why }) => `${what}: ${why}`),
  ]
  return messages.map((message) => ({ code: 'network-blocked', step: 'links', message }))
}
