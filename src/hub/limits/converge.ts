import { convergePlan } from '../../apply/apply.ts'
import type { Context } from '../../apply/context.ts'
import { DynfarmError } from '../../errors.ts'
import { allSiteLimits, type Limits, type ObservedLimits } from '../../net/limits/limits.ts'
import { type LimitsPlan, type PartPlan, planLimits, type Trees } from '../../net/limits/plan.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import { type Outcome, outcomeOf } from '../tunnels/converge.ts'
import { observeLimits } from './observe.ts'

export interface LimitsOutcome extends Outcome {
  /** Why the limits of a site do not stand, by site. */
  held: ReadonlyMap<string, string>
  /** Why the hub's own do not: then every site is held. */
  heldAll?: string
  trees: Trees
}

/** Where there is nothing to do. */
export const nothingLimited: LimitsOutcome = {
  ...{ failures: [], hasChanged: false, held: new Map(), trees: new Map() },
}

/** What holds a site up is not the others' trouble, nor that of the tunnels and the firewall. */
export async function convergeLimits(
  wanted: Limits,
  network: ObservedNetwork,
  context: Context,
): Promise<LimitsOutcome> {
  const observed = await tryObserve(network, context)
  if (typeof observed === 'string') return heldAll(wanted, observed)
  const there = new Set(network.devices.map(({ name }) => name))
  const tunnels = wanted.tunnels.filter((name) => there.has(name))
  const plan = planLimits({ ...wanted, tunnels }, observed, network)
  return await carryOut(wanted, plan, context)
}

/** A host that cannot even be asked has none of it: dynfarm made nothing there. */
async function tryObserve(
  network: ObservedNetwork,
  { machine }: Context,
): Promise<ObservedLimits | string> {
  try {
    return await observeLimits(machine, network)
  } catch (error) {
    if (error instanceof DynfarmError) return error.message
    throw error
  }
}

function heldAll(wanted: Limits, why: string, trees: Trees = new Map()): LimitsOutcome {
  const isOfHub = wanted.hub.length > 0
  const said = isOfHub ? `the hub's own limit: ${why}` : why
  const held = new Map(allSiteLimits(wanted).map(({ site }) => [site, said]))
  return { ...nothingLimited, held, trees, ...(isOfHub && { heldAll: why }) }
}

async function carryOut(wanted: Limits, plan: LimitsPlan, context: Context) {
  const whole = await tryWhole(plan.hub, context)
  // What stands of other limits stays, until it is known what is to take its place.
  if (whole.why !== undefined) return heldAll(wanted, whole.why, plan.trees)
  const held = new Map<string, string>()
  let hasChanged = whole.done > 0
  for (const one of plan.sites) {
    const { why, done } = await tryWhole(one, context)
    if (why !== undefined) held.set(one.site, why)
    hasChanged ||= done > 0
  }
  const removed = outcomeOf([await convergePlan(plan.removing, context)])
  return { ...removed, hasChanged: hasChanged || removed.hasChanged, held, trees: plan.trees }
}

async function tryWhole(
  { steps, blocked }: PartPlan,
  context: Context,
): Promise<{ why?: string; done: number }> {
  if (blocked !== undefined) return { why: blocked, done: 0 }
  const { done, failure } = await convergePlan(steps, context)
  return { done: done.length, ...(failure !== undefined && { why: failure.message }) }
}
