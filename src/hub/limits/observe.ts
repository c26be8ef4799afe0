import type { Machine } from '../../apply/machine.ts'
import { observe } from '../../apply/observe.ts'
import {
  type ObservedEnds,
  type ObservedLimits,
  type ObservedTree,
  ROOT_TREE,
} from '../../net/limits/limits.ts'
import { parseClasses, parseFilters, parseQdiscs, type Qdiscs } from '../../net/limits/parse.ts'
import type { ObservedNetwork } from '../../net/network.ts'
import type { Argv } from '../../plan/step.ts'

/** Of dynfarm's own devices only: what stands on those of others is not looked at. */
export async function observeLimits(
  machine: Machine,
  { devices }: Pick<ObservedNetwork, 'devices'>,
): Promise<ObservedLimits> {
  const found = parseQdiscs(await observe(qdiscs, { machine }))
  const own = new Set(devices.map(({ name }) => name))
  const shaping = devices.flatMap(({ kind, name }) => (kind === 'ifb' ? [name] : []))
  const [trees, tunnels] = await Promise.all([
    Promise.all(shaping.map(async (dev) => [dev, await observeTree(machine, dev, found)] as const)),
    Promise.all(
      found.withFilters
        .filter((dev) => own.has(dev))
        .map(async (dev) => [dev, await observeEnds(machine, dev)] as const),
    ),
  ])
  return { trees: new Map(trees), tunnels: new Map(tunnels) }
}

const qdiscs: Argv = ['tc', '-json', 'qdisc', 'show']

async function observeTree(
  machine: Machine,
  dev: string,
  { roots, inner }: Qdiscs,
): Promise<ObservedTree> {
  const root = roots.get(dev) ?? 'none'
  if (root !== 'own') return { root, classes: new Map(), filters: [] }
  const classes = parseClasses(await read(machine, ['tc', 'class', 'show', 'dev', dev]))
  const part = async (major: number, root: ObservedTree['root']): Promise<ObservedTree> => {
    if (root !== 'own') return { root, classes: new Map(), filters: [] }
    const parent = `${major.toString(16)}:`
    const filters = await read(machine, ['tc', 'filter', 'show', 'dev', dev, 'parent', parent])
    return { root, classes: classes.get(major) ?? new Map(), filters: parseFilters(filters) }
  }
  const [whole, behind] = await Promise.all([
    part(ROOT_TREE, root),
    Promise.all(
      [...(inner.get(dev) ?? [])].map(async ([id, root]) => [id, await part(id, root)] as const),
    ),
  ])
  return { ...whole, inner: new Map(behind) }
}

async function observeEnds(machine: Machine, dev: string): Promise<ObservedEnds> {
  const [ingress, egress] = await Promise.all(
    ['ingress', 'egress'].map((end) => read(machine, ['tc', 'filter', 'show', 'dev', dev, end])),
  )
  return { ingress: parseFilters(ingress ?? ''), egress: parseFilters(egress ?? '') }
}

/** A device may go while it is looked at. */
function read(machine: Machine, argv: Argv): Promise<string> {
  return observe(argv, { machine, tolerate: [1, 2] })
}
