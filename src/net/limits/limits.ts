/**
 * The cap of one site in one direction: a device of its own through which all of the site's packets go, whatever
 * tunnel they use, with a class for each node below one for the site.
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

export interface Limits {
  /** The devices by which packets of nodes come and go. */
  tunnels: readonly string[]
  sites: readonly SiteLimit[]
}

/** What the kernel has of it; a device that is left out has nothing. */
export interface ObservedLimits {
  /** By device of a site's limit. */
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

/** Of the site's own class, and of what belongs to no node that is known yet; nodes have those behind them. */
export const SITE_CLASS = 1
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
