/**
 * The cap of one site in one direction, over all tunnels that it uses: a tree with a class for each node below one for
 * the site. It stands on a device of its own, or behind the site's class in the tree of the hub's cap.
 */
export interface SiteLimit {
  site: string
  device: string
  /** Towards nodes it is their destination that counts, away from them their source. */
  towards: 'nodes' | 'centre'
  /** Bits a second. */
  rate: number
  /** All addresses that nodes and jobs of the site may have. */
  networks: readonly string[]
  /** The addresses of each node. */
  nodes: readonly (readonly string[])[]
}

/** The cap of the hub in one direction: one device through which the packets of all sites go, with a class for each. */
export interface HubLimit extends Pick<SiteLimit, 'device' | 'towards' | 'rate'> {
  /** Each with what it may have of it. */
  sites: readonly SiteLimit[]
}

export interface Limits {
  /** The devices by which packets of nodes come and go. */
  tunnels: readonly string[]
  /** Those with a device of their own. */
  sites: readonly SiteLimit[]
  hub: readonly HubLimit[]
}

export const unlimited: Limits = { tunnels: [], sites: [], hub: [] }

export function allSiteLimits({ sites, hub }: Pick<Limits, 'sites' | 'hub'>): SiteLimit[] {
  return [...sites, ...hub.flatMap((limit) => limit.sites)]
}

/** Where a tree is: on the device itself, or in a class that has the same number there. */
export interface TreePlace extends Pick<SiteLimit, 'device' | 'towards'> {
  major: number
}

/** What the kernel has of it; a device that is left out has nothing. */
export interface ObservedLimits {
  /** By device of a limit. */
  trees: ReadonlyMap<string, ObservedTree>
  /** By device of a tunnel that has a place for filters. */
  tunnels: ReadonlyMap<string, ObservedEnds>
}

export interface ObservedTree {
  /** Whether the root is as dynfarm makes it, another one, or the kernel's own. */
  root: 'own' | 'foreign' | 'none'
  /** The rate of each class, in bits a second. */
  classes: ReadonlyMap<number, number>
  filters: readonly ObservedFilter[]
  /** The trees in classes, by the number of the class. */
  inner?: ReadonlyMap<number, ObservedTree>
}

export interface ObservedEnds {
  ingress: readonly ObservedFilter[]
  egress: readonly ObservedFilter[]
}

/** What the filter does, in a spelling that what is wanted has too, and how the kernel calls it. */
export interface ObservedFilter {
  pref: number
  handle: string
  key: string
}

export const noLimits: ObservedLimits = { trees: new Map(), tunnels: new Map() }

/** The names of the devices: a site's name may be too long for one. */
export const limitDevice = (direction: 'rx' | 'tx', site: string): string => `${direction}-${site}`

/** No site can have this name. */
export const hubDevice = (direction: 'rx' | 'tx'): string => `${direction}-all-sites`

/** Of the tree on a device itself. */
export const ROOT_TREE = 1
/** Of the class of all, and of what belongs to none that is known yet; nodes or sites have those behind them. */
export const TOP_CLASS = 1
export const REST_CLASS = 2
export const LAST_CLASS = 0xfffe
/**
 * Among foreign filters on a tunnel's device, dynfarm's are known by these. The two ends of a device have different ones:
 * u32 lists those of one number at either end as if they were at both.
 */
export const preference = {
  nodes: { ipv4: 7704, ipv6: 7706 },
  centre: { ipv4: 7705, ipv6: 7707 },
} as const
