import { deviceName } from '../names.ts'
import { type Filter, frame, nodeFilter, nodeKey, siteFilter, siteKey } from './filters.ts'
import {
  type HubLimit,
  LAST_CLASS,
  type ObservedTree,
  REST_CLASS,
  ROOT_TREE,
  type SiteLimit,
  TOP_CLASS,
  type TreePlace,
} from './limits.ts'
import { classLines, difference, type Lines, type WantedClass } from './lines.ts'

export interface TreePlan extends Lines {
  major: number
  /** The class of each: of a node by its first address, of a site by its name. */
  ids: ReadonlyMap<string, number>
}

export interface HubTreePlan extends TreePlan {
  /** By site. */
  inner: ReadonlyMap<SiteLimit, TreePlan>
}

/** Of a site with a device of its own. */
export function planSiteTree(limit: SiteLimit, observed: ObservedTree | undefined): TreePlan {
  return planNodes(limit, { major: ROOT_TREE, room: 1 }, observed)
}

/**
 * In one tree of three storeys, htb would share what sites lend each other by nodes: a site with twice as many would have
 * twice as much. So each site is a leaf of the hub's tree, where it takes its turn, and a tree of its own is the queue of
 * that leaf. That one has room for more than ever comes through, so that it only says whose turn it is.
 */
export function planHubTree(limit: HubLimit, observed: ObservedTree | undefined): HubTreePlan {
  const place = { ...limit, major: ROOT_TREE }
  const before = ownPart(observed)
  const ids = classIds(
    limit.sites.map(({ site, networks }) => ({
      ...{ name: site, keys: networks.map((network) => siteKey(place, network)) },
    })),
    before,
  )
  const idOf = ({ site }: SiteLimit) => ids.get(site) ?? REST_CLASS
  const classes = [
    ...[TOP_CLASS, REST_CLASS].map((id) => ({ id, most: limit.rate })),
    ...limit.sites.map((site) => ({ id: idOf(site), most: site.rate })),
  ]
  const filters = limit.sites.flatMap((site) =>
    site.networks.map((network) => siteFilter(place, network, idOf(site))),
  )
  const inner = limit.sites.map((site): [SiteLimit, TreePlan] => {
    const id = idOf(site)
    return [site, planNodes(site, { major: id, room: ROOM }, before.inner?.get(id))]
  })
  const tree = planParts({ place, rate: limit.rate, room: 1, classes, filters, observed })
  return { ...tree, ids, inner: new Map(inner) }
}

const ROOM = 8

function planNodes(
  limit: SiteLimit,
  { major, room }: { major: number; room: number },
  observed: ObservedTree | undefined,
): TreePlan {
  const place = { ...limit, major }
  const ids = classIds(
    limit.nodes.map((addresses) => ({
      name: addresses[0] ?? '',
      keys: addresses.map((address) => nodeKey(place, address)),
    })),
    ownPart(observed),
  )
  const all = [TOP_CLASS, REST_CLASS, ...new Set(ids.values())]
  const classes = all.map((id) => ({ id, most: room * limit.rate }))
  const nodes = limit.nodes.flatMap((addresses) => nodeFilters(place, addresses, ids))
  const filters = [...frame(place), ...nodes]
  const tree = planParts({ place, rate: limit.rate, room, classes, filters, observed })
  return { ...tree, ids }
}

interface Parts {
  place: TreePlace
  rate: number
  room: number
  classes: readonly WantedClass[]
  filters: readonly Filter[]
  observed: ObservedTree | undefined
}

function planParts({ place, rate, room, filters, observed, ...wanted }: Parts) {
  const before = ownPart(observed)
  const root = rootLines(place, observed?.root ?? 'none')
  const classes = classLines(wanted.classes, { place, rate, room, observed: before.classes })
  const parent = `dev ${deviceName(place.device)} parent ${place.major.toString(16)}:`
  const changed = difference(filters, before.filters, parent)
  return {
    major: place.major,
    adding: [...root, ...classes.adding, ...changed.adding],
    removing: [...changed.removing, ...classes.removing],
  }
}

const bare: ObservedTree = { root: 'none', classes: new Map(), filters: [] }

function ownPart(observed: ObservedTree | undefined): ObservedTree {
  return observed?.root === 'own' ? observed : bare
}

/** The device is dynfarm's, so whatever stands in the root's place is in the way. */
function rootLines({ device, major }: TreePlace, root: ObservedTree['root']): string[] {
  if (root === 'own') return []
  const id = major.toString(16)
  const where = `dev ${deviceName(device)} ${major === ROOT_TREE ? 'root' : `parent ${ROOT_TREE}:${id}`}`
  const clearing = root === 'foreign' ? [`qdisc del ${where}`] : []
  return [...clearing, `qdisc add ${where} handle ${id}: htb default ${REST_CLASS}`]
}

interface Member {
  name: string
  /** Of its filters, without the class. */
  keys: readonly string[]
}

/** Each keeps the class that its filters name; a new one takes one that is free. */
function classIds(
  members: readonly Member[],
  { classes, filters }: ObservedTree,
): Map<string, number> {
  const known = new Map(filters.map(({ key }) => splitFlow(key)))
  const taken = new Set([TOP_CLASS, REST_CLASS, ...classes.keys()])
  const used = new Set<number>()
  const ids = new Map<string, number>()
  let next = REST_CLASS + 1
  for (const { name, keys } of members) {
    const before = keys.flatMap((key) => known.get(key) ?? [])[0]
    const isKept = before !== undefined && before > REST_CLASS && !used.has(before)
    while (!isKept && taken.has(next)) next++
    const id = isKept ? before : next
    // More nodes than there are classes share the last one.
    ids.set(name, Math.min(id, LAST_CLASS))
    used.add(id)
    taken.add(id)
  }
  return ids
}

/** "… flowid 1:2a" to all before the number, and the number. */
function splitFlow(key: string): [string, number] {
  const [, all = key, id = ''] = /^(.* flowid [0-9a-f]+:)([0-9a-f]+)$/.exec(key) ?? []
  return [all, Number.parseInt(id, 16)]
}

function nodeFilters(
  place: TreePlace,
  addresses: readonly string[],
  ids: ReadonlyMap<string, number>,
): Filter[] {
  const id = ids.get(addresses[0] ?? '')
  if (id === undefined) return []
  return addresses.map((address) => nodeFilter(place, address, id))
}
