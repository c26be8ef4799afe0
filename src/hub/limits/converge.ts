import { convergePlan } from '../../apply/apply.ts'
import type { Context } from '../../apply/context.ts'
import { DynfarmError } from '../../errors.ts'
import type { Limits, ObservedLimits } from '../../net/limits/limits.ts'
import { type LimitsPlan, planLimits, type SitePlan } from '../../net/limits/plan.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import { type Outcome, outcomeOf } from '../tunnels/converge.ts'
import { observeLimits } from './observe.ts'

export interface LimitsOutcome extends Outcome {
  /** Why the limits of a site do not stand, by site. */
  held: ReadonlyMap<string, string>
  classes: LimitsPlan['classes']
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
  return await carryOut(plan, context)
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

function heldAll({ sites }: Limits, why: string): LimitsOutcome {
  const held = new Map(sites.map(({ site }) => [site, why]))
  return { failures: [], hasChanged: false, held, classes: new Map() }
}

async function carryOut(plan: LimitsPlan, context: Context): Promise<LimitsOutcome> {
  const held = new Map<string, string>()
  let hasChanged = false
  for (const one of plan.sites) {
    const { why, done } = await tryWhole(one, context)
    if (why !== undefined) held.set(one.site, why)
    hasChanged ||= done > 0
  }
  const removed = outcomeOf([await convergePlan(plan.removing, context)])
  return { ...removed, hasChanged: hasChanged || removed.hasChanged, held, classes: plan.classes }
}

async function tryWhole(
  { steps, blocked }: SitePlan,
  context: Context,
): Promise<{ why?: string; done: number }> {
  if (blocked !== undefined) return { why: blocked, done: 0 }
  const { done, failure } = await convergePlan(steps, context)
  return { done: done.length, ...(failure !== undefined && { why: failure.message }) }
}
