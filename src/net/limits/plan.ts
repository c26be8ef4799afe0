import type { CommandStep } from '../../plan/step.ts'
import { deviceName } from '../names.ts'
import { redirects } from './filters.ts'
import {
  type Limits,
  type ObservedEnds,
  type ObservedFilter,
  type ObservedLimits,
  preference,
} from './limits.ts'
import { difference, planTree } from './tree.ts'

export interface LimitsPlan {
  adding: CommandStep[]
  removing: CommandStep[]
}

/**
 * One batch that adds and one that removes. The trees stand before anything leads into them, and what leads into a tree
 * goes before the tree does. A line for each node that came or went; nothing else of a tree is touched.
 */
export function planLimits(wanted: Limits, observed: ObservedLimits): LimitsPlan {
  const trees = wanted.sites.map((limit) => planTree(limit, observed.trees.get(limit.device)))
  const names = new Set([...wanted.tunnels, ...observed.tunnels.keys()])
  const tunnels = [...names].map((name) => planTunnel(name, wanted, observed.tunnels.get(name)))
  const all = [...trees, ...tunnels]
  return {
    adding: batch(
      'limits of sites',
      all.flatMap(({ adding }) => adding),
    ),
    removing: batch(
      'remove limits no longer wanted',
      all.toReversed().flatMap(({ removing }) => removing),
    ),
  }
}

function batch(reason: string, lines: readonly string[]): CommandStep[] {
  if (lines.length === 0) return []
  const input = lines.map((line) => `${line}\n`).join('')
  return [{ kind: 'command', reason, argv: ['tc', '-batch', '-'], input }]
}

const ends = ['ingress', 'egress'] as const
const towards = { ingress: 'centre', egress: 'nodes' } as const

function planTunnel(name: string, { tunnels, sites }: Limits, observed: ObservedEnds | undefined) {
  const dev = deviceName(name)
  const isWanted = tunnels.includes(name)
  const changes = ends.map((end) => {
    const limits = isWanted ? sites.filter((limit) => limit.towards === towards[end]) : []
    const wanted = limits.flatMap((limit) => redirects(limit, name))
    return { wanted, ...difference(wanted, ours(observed?.[end] ?? []), `dev ${dev} ${end}`) }
  })
  const place = `qdisc add dev ${dev} clsact`
  const isEmpty = changes.every(({ wanted }) => wanted.length === 0)
  const lines = changes.flatMap(({ adding }) => adding)
  const removing = changes.flatMap(({ removing: some }) => some)
  const goes = isEmpty && removing.length > 0 && !hasForeign(observed)
  return {
    adding: lines.length > 0 && observed === undefined ? [place, ...lines] : lines,
    removing: goes ? [`qdisc del dev ${dev} clsact`] : removing,
  }
}

function ours(filters: readonly ObservedFilter[]): ObservedFilter[] {
  const own: readonly number[] = Object.values(preference).flatMap((one) => Object.values(one))
  return filters.filter(({ pref }) => own.includes(pref))
}

function hasForeign(observed: ObservedEnds | undefined): boolean {
  return ends.some((end) => {
    const all = observed?.[end] ?? []
    return ours(all).length < all.length
  })
}
