import { type Converged, convergePlan } from '../../apply/apply.ts'
import type { Context } from '../../apply/context.ts'
import { observeNetwork } from '../../client/observe-network.ts'
import { DynfarmError } from '../../errors.ts'
import type { Blocked } from '../../net/blocked.ts'
import type { Network, ObservedNetwork } from '../../net/network.ts'
import { planNetwork } from '../../net/plan-network.ts'
import { type Outcome, outcomeOf } from '../tunnels/converge.ts'

export interface NetworkOutcome extends Outcome {
  blocked: readonly Blocked[]
  /** Whether a process may attach to a device: it is there, and so is what guards it. */
  canAttach(device: string): boolean
}

/** A link or tunnel that this kernel does not make is left out, and all else stands: each can fail once. */
export async function convergeNetwork(
  wanted: Network,
  observed: ObservedNetwork,
  context: Context,
): Promise<NetworkOutcome> {
  const rounds: Converged[] = []
  const unmade = new Set<string>()
  for (let now = observed; ; now = await observeNetwork(context.machine)) {
    const devices = wanted.devices.filter(({ name }) => !unmade.has(name))
    const plan = planNetwork({ ...wanted, devices }, withoutShaping(now))
    const { done, failure } = await convergePlan(plan.steps, context)
    const failed = plan.steps[done.length]
    const device = failed === undefined ? undefined : plan.makes.get(failed)
    const isNew = device !== undefined && !now.devices.some(({ name }) => name === device)
    if (failure !== undefined && isNew) {
      rounds.push({ done, failure: ofDevice(device, failure) })
      unmade.add(device)
      continue
    }
    rounds.push({ done, ...(failure !== undefined && { failure }) })
    const before = new Set(now.devices.map(({ name }) => name))
    const canAttach = (name: string) =>
      failure === undefined ? !unmade.has(name) : before.has(name)
    return { ...outcomeOf(rounds), blocked: plan.blocked, canAttach }
  }
}

function ofDevice(device: string, cause: DynfarmError): DynfarmError {
  return new DynfarmError(cause.code, `"${device}" cannot be made: ${cause.message}`, { cause })
}

/** The devices of limits are not the network's to remove. */
function withoutShaping(network: ObservedNetwork): ObservedNetwork {
  return { ...network, devices: network.devices.filter(({ kind }) => kind !== 'ifb') }
}
