import type { CommandStep } from '../../plan/step.ts'
import { changeText } from './change.ts'
import type { Firewall } from './firewall.ts'
import { type CanonicalSet, type Ruleset, renderFirewall } from './ruleset.ts'

export interface FirewallPlan {
  /** Before any device, address or route is touched: all but the release of devices. */
  closing: CommandStep[]
  /** After devices are gone: their names leave the sets, or the table goes as a whole. */
  opening: CommandStep[]
}

export function planFirewall(
  wanted: Firewall | undefined,
  observed: Ruleset | undefined,
): FirewallPlan {
  const goal = wanted === undefined ? undefined : renderFirewall(wanted)
  const meanwhile = guarded(observed, goal)
  return {
    closing: firewallSteps('guard what dynfarm makes', observed, meanwhile),
    opening: firewallSteps('release what is gone', meanwhile, goal),
  }
}

/** The goal, but with the names of all devices that are guarded now. */
function guarded(observed: Ruleset | undefined, goal: Ruleset | undefined): Ruleset | undefined {
  if (goal === undefined || observed === undefined) return goal ?? observed
  const sets = [...goal.sets].map(([name, set]): [string, CanonicalSet] => {
    const before = observed.sets.get(name)
    const names = before?.spec === set.spec && set.spec.startsWith('type ifname')
    return [
      name,
      names ? { ...set, elements: new Set([...set.elements, ...before.elements]) } : set,
    ]
  })
  return { ...goal, sets: new Map(sets) }
}

function firewallSteps(
  reason: string,
  from: Ruleset | undefined,
  to: Ruleset | undefined,
): CommandStep[] {
  const [input, undo] = [changeText(from, to), changeText(to, from)]
  if (input === undefined || undo === undefined) return []
  const argv = ['nft', '-f', '-'] as const
  return [{ kind: 'command', reason, argv, input, undo: [{ argv, input: undo }] }]
}
