import { canonicalAddress, type Family } from '../address.ts'
import type { CommandStep } from '../plan/step.ts'
import { type IpLine, ipSteps } from './ip-step.ts'
import { deviceName } from './names.ts'
import { MARK, type Rule } from './network.ts'

export interface RulePlan {
  adding: CommandStep[]
  removing: CommandStep[]
}

/** A rule may name a device that is not there yet; the kernel binds it when it appears. */
export function planRules(wanted: readonly Rule[], observed: readonly Rule[]): RulePlan {
  const wantedKeys = new Set(wanted.map(ruleKey))
  const observedKeys = new Set(observed.map(ruleKey))
  const missing = wanted.filter((rule) => !observedKeys.has(ruleKey(rule)))
  const surplus = observed.filter((rule) => !wantedKeys.has(ruleKey(rule)))
  return {
    adding: ruleSteps('choose the routing table by device', missing, addition),
    removing: ruleSteps('remove rules no longer wanted', surplus, removal),
  }
}

function ruleKey(rule: Rule): string {
  return `${rule.family} ${describe(rule)}`
}

function describe(rule: Rule): string {
  const { table, priority } = rule
  const what = 'iif' in rule ? `iif ${deviceName(rule.iif)}` : `from ${canonicalAddress(rule.from)}`
  return `${what} lookup ${table} priority ${priority} protocol ${MARK}`
}

function addition(rule: Rule): IpLine {
  return { line: `rule add ${describe(rule)}`, undo: [`rule del ${describe(rule)}`] }
}

function removal(rule: Rule): IpLine {
  return { line: `rule del ${describe(rule)}`, undo: [`rule add ${describe(rule)}`] }
}

function ruleSteps(
  reason: string,
  rules: readonly Rule[],
  toLine: (rule: Rule) => IpLine,
): CommandStep[] {
  const of = (family: Family) => rules.filter((rule) => rule.family === family).map(toLine)
  return (['ipv4', 'ipv6'] as const).flatMap((family) =>
    ipSteps({ reason, family, lines: of(family) }),
  )
}
