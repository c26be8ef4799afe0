import { deviceName, wholeNumber } from '../names.ts'
import { type Filter, frame, nodeFilter, nodeKey } from './filters.ts'
import {
  LAST_CLASS,
  type ObservedFilter,
  type ObservedTree,
  REST_CLASS,
  SITE_CLASS,
  type SiteLimit,
} from './limits.ts'

/** Lines of `tc -batch`. */
export interface Lines {
  adding: string[]
  removing: string[]
}

export interface TreePlan extends Lines {
  /** By the first address of each node. */
  ids: ReadonlyMap<string, number>
}

export function planTree(limit: SiteLimit, observed: ObservedTree | undefined): TreePlan {
  const dev = deviceName(limit.device)
  const before = observed?.root === 'own' ? observed : bare
  const ids = classIds(limit, before)
  const classes = planClasses(limit, [...ids.values()], before)
  const nodes = limit.nodes.flatMap((addresses) => filtersOf(limit, addresses, ids))
  const filters = difference([...frame(limit), ...nodes], before.filters, `dev ${dev} parent 1:`)
  return {
    adding: [...planRoot(dev, observed?.root ?? 'none'), ...classes.adding, ...filters.adding],
    removing: [...filters.removing, ...classes.removing],
    ids,
  }
}

const bare: ObservedTree = { root: 'none', classes: new Map(), filters: [] }

/** The device is dynfarm's, so whatever stands in the root's place is in the way. */
function planRoot(dev: string, root: ObservedTree['root']): string[] {
  if (root === 'own') return []
  const clearing = root === 'foreign' ? [`qdisc del dev ${dev} root`] : []
  return [...clearing, `qdisc add dev ${dev} root handle 1: htb default ${REST_CLASS}`]
}

/** A node keeps the class that its filters name; a new one takes one that is free. By the first address of each. */
function classIds(limit: SiteLimit, { classes, filters }: ObservedTree): Map<string, number> {
  const known = new Map(filters.map(({ key }) => splitFlow(key)))
  const taken = new Set([SITE_CLASS, REST_CLASS, ...classes.keys()])
  const used = new Set<number>()
  const ids = new Map<string, number>()
  let next = REST_CLASS + 1
  for (const addresses of limit.nodes) {
    const [first = ''] = addresses
    const before = addresses.flatMap((address) => known.get(nodeKey(limit, address)) ?? [])[0]
    const isKept = before !== undefined && before > REST_CLASS && !used.has(before)
    while (!isKept && taken.has(next)) next++
    const id = isKept ? before : next
    // More nodes than there are classes share the last one.
    ids.set(first, Math.min(id, LAST_CLASS))
    used.add(id)
    taken.add(id)
  }
  return ids
}

/** "… flowid 1:2a" to all before the number, and the number. */
function splitFlow(key: string): [string, number] {
  const [, all = key, id = ''] = /^(.* flowid 1:)([0-9a-f]+)$/.exec(key) ?? []
  return [all, Number.parseInt(id, 16)]
}

function filtersOf(
  limit: SiteLimit,
  addresses: readonly string[],
  ids: ReadonlyMap<string, number>,
): Filter[] {
  const id = ids.get(addresses[0] ?? '')
  if (id === undefined) return []
  return addresses.map((address) => nodeFilter(limit, address, id))
}

function planClasses(limit: SiteLimit, ids: readonly number[], observed: ObservedTree): Lines {
  const { rate, device } = limit
  const dev = deviceName(device)
  const wanted = [SITE_CLASS, REST_CLASS, ...new Set(ids)]
  const kept = new Set(wanted)
  return {
    adding: wanted
      .filter((id) => !isRate(observed.classes.get(id), rate))
      .map((id) => `class replace dev ${dev} ${classWords(id, rate)}`),
    removing: [...observed.classes.keys()]
      .filter((id) => !kept.has(id))
      .map((id) => `class del dev ${dev} classid 1:${id.toString(16)}`),
  }
}

/** tc rounds what it lists to four digits. */
function isRate(observed: number | undefined, wanted: number): boolean {
  return observed !== undefined && Math.abs(observed - wanted) <= wanted / 500
}

/**
 * A node has next to nothing for sure, so that all classes that there may be have less than the site's rate together.
 * All above is lent by the site's class, in turns of one size: who wants more than a share gets what others leave.
 */
function classWords(id: number, rate: number): string {
  const isSite = id === SITE_CLASS
  const own = isSite ? rate : Math.max(8, 8 * Math.floor(rate / 8 / 0x10000))
  const turn = Math.round(Math.min(0x10000, Math.max(3000, rate / 8 / 1000)))
  const burst = Math.round(Math.max(0x4000, rate / 8 / 1000))
  const place = `parent 1:${isSite ? '' : SITE_CLASS} classid 1:${id.toString(16)}`
  const most = `ceil ${wholeNumber(rate)}bit cburst ${burst}`
  return `${place} htb rate ${wholeNumber(own)}bit burst ${isSite ? burst : 1600} ${most} quantum ${turn}`
}

/** What lacks, and what is there twice or is not wanted. Tables stay: nothing leads into one by itself. */
export function difference(
  wanted: readonly Filter[],
  observed: readonly ObservedFilter[],
  place: string,
): Lines {
  const left = new Map(wanted.map((filter) => [filter.key, filter]))
  const surplus = observed.filter(({ key }) => !left.delete(key) && !key.includes(' table '))
  return {
    adding: [...left.values()].map(({ line }) => line),
    removing: surplus.map(
      ({ pref, handle }) => `filter del ${place} pref ${pref} handle ${handle} u32`,
    ),
  }
}
