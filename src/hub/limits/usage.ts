import type { Machine } from '../../apply/machine.ts'
import { observe } from '../../apply/observe.ts'
import { countReading, parseCounts } from '../../net/limits/count.ts'
import { allSiteLimits, type Limits, ROOT_TREE, type SiteLimit } from '../../net/limits/limits.ts'
import type { Trees } from '../../net/limits/plan.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import { type Figures, Meter } from './meter.ts'

type HubReport = RequestOf<'hubReport'>
export type SiteUsage = NonNullable<HubReport['sites']>[number]
export type HubUsage = NonNullable<HubReport['hub']>
export type NodeUsage = Pick<SiteUsage, 'rx' | 'tx'>

/** What a round found out about limits. */
export interface LimitsInForce extends Pick<Limits, 'sites' | 'hub'> {
  /** Why those of a site do not stand. */
  held: ReadonlyMap<string, string>
  /** Why those of the hub do not. */
  heldAll?: string | undefined
  trees: Trees
}

type Limit = Pick<SiteLimit, 'device' | 'towards' | 'rate'>

interface Metered {
  device: string
  major: number
  classes: ReadonlyMap<string, number>
}

const none: LimitsInForce = { sites: [], hub: [], held: new Map(), trees: new Map() }

/** Follows what limits let through. */
export class Usage {
  #limits = none
  /** By device and tree there. */
  readonly #meters = new Map<string, Meter>()

  get held(): ReadonlyMap<string, string> {
    return this.#limits.held
  }

  /** True when other sites are held back than before, or for other reasons. */
  follow(limits: LimitsInForce): boolean {
    const { held, heldAll } = this.#limits
    const isSame = heldAll === limits.heldAll && isSameMap(held, limits.held)
    this.#limits = isSame ? { ...limits, held } : limits
    const names = new Set(this.#metered().map(nameOf))
    for (const name of this.#meters.keys()) if (!names.has(name)) this.#meters.delete(name)
    for (const name of names) if (!this.#meters.has(name)) this.#meters.set(name, new Meter())
    return !isSame
  }

  /** A device may lack while its limit does not stand. */
  async look(machine: Machine): Promise<void> {
    const devices = Map.groupBy(this.#metered(), ({ device }) => device)
    await Promise.all(
      [...devices].map(async ([device, trees]) => {
        const output = await observe(countReading(device), { machine, tolerate: [1, 2] })
        const counts = parseCounts(output)
        const at = performance.now()
        for (const { major, classes } of trees) {
          const meter = this.#meters.get(nameOf({ device, major }))
          meter?.look({ at, counts: counts.get(major) ?? new Map(), classes })
        }
      }),
    )
  }

  ofSites(): SiteUsage[] {
    const { held } = this.#limits
    const sites = Map.groupBy(allSiteLimits(this.#limits), ({ site }) => site)
    return [...sites].map(([site, limits]) => {
      const why = held.get(site)
      const rates = this.#rates(limits, { treeOf: this.#treeOf, read: (meter) => meter.ofAll() })
      return { site, ...(why !== undefined && { held: why }), ...rates }
    })
  }

  /** undefined where the hub has no limit of its own. */
  ofHub(): HubUsage | undefined {
    const { hub, heldAll } = this.#limits
    if (hub.length === 0) return undefined
    const rates = this.#rates(hub, { treeOf: () => ROOT_TREE, read: (meter) => meter.ofAll() })
    return { ...(heldAll !== undefined && { held: heldAll }), ...rates }
  }

  /** A node alone may have all that its site has. */
  ofNode({ site, addresses: [first = ''] }: { site: string; addresses: readonly string[] }) {
    const limits = allSiteLimits(this.#limits).filter((limit) => limit.site === site)
    if (limits.length === 0) return undefined
    return this.#rates(limits, { treeOf: this.#treeOf, read: (meter) => meter.ofNode(first) })
  }

  readonly #treeOf = (limit: SiteLimit): number | undefined => this.#limits.trees.get(limit)?.major

  #metered(): Metered[] {
    const { hub, trees } = this.#limits
    return [
      ...hub.map(({ device }) => ({ device, major: ROOT_TREE, classes: new Map() })),
      ...[...trees].map(([{ device }, { major, ids }]) => ({ device, major, classes: ids })),
    ]
  }

  #rates<L extends Limit>(
    limits: readonly L[],
    { treeOf, read }: { treeOf(limit: L): number | undefined; read(meter: Meter): Figures },
  ): NodeUsage {
    const rates: NodeUsage = {}
    for (const limit of limits) {
      const { device, towards, rate } = limit
      const meter = this.#meters.get(nameOf({ device, major: treeOf(limit) }))
      rates[towards === 'nodes' ? 'rx' : 'tx'] = { limit: rate, ...read(meter ?? unseen) }
    }
    return rates
  }
}

const unseen = new Meter()

function nameOf({ device, major }: Pick<Metered, 'device'> & { major: number | undefined }) {
  return `${device} ${major}`
}

function isSameMap(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value)
}
