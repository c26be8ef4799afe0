import type { Family } from '../../address.ts'
import {
  type Chain,
  type FirewallRule,
  flowKeys,
  flowTypes,
  type NamedSet,
} from '../../net/nft/firewall.ts'
import { digit, ofFamily } from './groups.ts'
import { destinationOf, type Scene, sourceOf } from './scene.ts'

/** For so long the kernel remembers a flow: longer than a hub takes to start again. */
export const flowSeconds = 30
/** Of each family; more than that in 30 s are counted and not told. */
const mostFlows = 8192
/** A node or service that opens more a second is told of only so far, ten seconds' worth at once. */
const perSecond = 50

/** The names of what is remembered. */
export const tried = (family: Family): string => `tried${digit(family)}`
export const passed = (family: Family): string => `passed${digit(family)}`
export const lostFlows = 'flows'

/** Whether anything is logged at all. */
export function logsFlows({ config }: Scene['state']): boolean {
  return config.sites.some((site) => site['log-flows'])
}

/** The addresses of nodes whose flows are told, and the flows themselves: all, and those that were let through. */
export function flowSets({ state, families }: Scene): NamedSet[] {
  if (!logsFlows(state)) return []
  const sites = new Set(state.config.sites.flatMap((one) => (one['log-flows'] ? [one.site] : [])))
  const nodes = state.nodes.filter(({ site }) => sites.has(site))
  return families.flatMap((family): NamedSet[] => {
    const type = family === 'ipv4' ? 'ipv4_addr' : 'ipv6_addr'
    const flows = { type: flowTypes[family], dynamic: mostFlows, timeout: flowSeconds }
    const elements = nodes.flatMap(({ addresses }) => ofFamily(addresses, family))
    return [
      { name: logged(family), type, elements },
      { name: `rates${digit(family)}`, type, dynamic: 65_536, timeout: 60 },
      { name: tried(family), ...flows },
      // What was let through is among what was tried; room for some that the kernel has yet to take away.
      { name: passed(family), ...flows, dynamic: 2 * mostFlows },
    ]
  })
}

/**
 * What begins is remembered before it is routed or judged, and again behind the judgement: so the log has what routing
 * refused too. A rule of its own for each, because one whose set is full ends there.
 */
export function flowChains({ state, families }: Scene): Chain[] {
  if (!logsFlows(state)) return []
  const behind = families.map(
    (family): FirewallRule => ({
      match: [
        { on: 'ct state', in: ['new'] },
        { on: flowKeys[family], in: `@${tried(family)}` },
      ],
      actions: [{ remember: passed(family), flow: family }],
    }),
  )
  return [
    { name: lostFlows, rules: remembering(families) },
    hooked('flows_tried', 'prerouting', families.flatMap(beginning)),
    hooked('flows_forwarded', 'forward', behind),
    hooked('flows_taken', 'input', behind),
  ]
}

const logged = (family: Family): string => `logged${digit(family)}`

function remembering(families: readonly Family[]): FirewallRule[] {
  return [
    ...families.flatMap((family): FirewallRule[] => [
      {
        actions: [
          { packets: `rates${digit(family)}`, per: sourceOf(family), over: perSecond },
          'counter',
          'return',
        ],
      },
      { actions: [{ remember: tried(family), flow: family }, 'return'] },
    ]),
    { actions: ['counter'] },
  ]
}

function beginning(family: Family): FirewallRule[] {
  const nodes = `@${logged(family)}` as const
  return [
    {
      match: [
        { on: 'ct state', in: ['new'] },
        { on: sourceOf(family), in: nodes },
        { on: 'iifname', in: '@tunnels' },
      ],
      actions: [{ jump: lostFlows }],
    },
    {
      match: [
        { on: 'ct state', in: ['new'] },
        { on: destinationOf(family), in: nodes },
        { on: 'iifname', in: '@tunnels', not: true },
      ],
      actions: [{ jump: lostFlows }],
    },
  ]
}

/** Behind connection tracking, and behind the rules that judge. */
function hooked(
  name: string,
  at: 'prerouting' | 'forward' | 'input',
  rules: readonly FirewallRule[],
): Chain {
  return { name, hook: { type: 'filter', at, priority: 10, policy: 'accept' }, rules }
}
