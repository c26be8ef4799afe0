import type { Machine } from '../../apply/machine.ts'
import { observe } from '../../apply/observe.ts'
import { countReading, parseCounts } from '../../net/limits/count.ts'
import type { SiteLimit } from '../../net/limits/limits.ts'
import type { RequestOf } from '../../protocol/endpoints.ts'
import { Meter } from './meter.ts'

export type SiteUsage = NonNullable<RequestOf<'hubReport'>['sites']>[number]
export type NodeUsage = Pick<SiteUsage, 'rx' | 'tx'>

/** What a round found out about limits. */
export interface LimitsInForce {
  sites: readonly SiteLimit[]
  /** Why those of a site do not stand. */
  held: ReadonlyMap<string, string>
  /** The class of each node by its first address, by device. */
  classes: ReadonlyMap<string, ReadonlyMap<string, number>>
}

/** Follows what limits let through. */
export class Usage {
  #limits: LimitsInForce = { sites: [], held: new Map(), classes: new Map() }
  readonly #meters = new Map<string, Meter>()

  get held(): ReadonlyMap<string, string> {
    return this.#limits.held
  }

  /** True when other sites are held back than before, or for other reasons. */
  follow(limits: LimitsInForce): boolean {
    const { held } = this.#limits
    const isSame = isSameMap(held, limits.held)
    this.#limits = isSame ? { ...limits, held } : limits
    const devices = new Set(limits.sites.map(({ device }) => device))
    for (const device of this.#meters.keys()) if (!devices.has(device)) this.#meters.delete(device)
    for (const device of devices)
      if (!this.#meters.has(device)) this.#meters.set(device, new Meter())
    return !isSame
  }

  /** A device may lack while its limit does not stand. */
  async look(machine: Machine): Promise<void> {
    const { classes } = this.#limits
    await Promise.all(
      [...this.#meters].map(async ([device, meter]) => {
        const output = await observe(countReading(device), { machine, tolerate: [1, 2] })
        const look = { counts: parseCounts(output), classes: classes.get(device) ?? new Map() }
        meter.look({ at: performance.now(), ...look })
      }),
    )
  }

  ofSites(): SiteUsage[] {
    const { sites, held } = this.#limits
    return [...Map.groupBy(sites, ({ site }) => site)].map(([site, limits]) => {
      const why = held.get(site)
      const rates = this.#rates(limits, (meter) => meter.ofSite())
      return { site, ...(why !== undefined && { held: why }), ...rates }
    })
  }

  /** A node alone may have all that its site has. */
  ofNode({ site, addresses: [first = ''] }: { site: string; addresses: readonly string[] }) {
    const limits = this.#limits.sites.filter((limit) => limit.site === site)
    if (limits.length === 0) return undefined
    return this.#rates(limits, (meter) => meter.ofNode(first))
  }

  #rates(limits: readonly SiteLimit[], read: (meter: Meter) => ReturnType<Meter['ofSite']>) {
    const rates: NodeUsage = {}
    for (const { device, towards, rate } of limits) {
      const meter = this.#meters.get(device)
      if (meter !== undefined)
        rates[towards === 'nodes' ? 'rx' : 'tx'] = { limit: rate, ...read(meter) }
    }
    return rates
  }
}

function isSameMap(one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>): boolean {
  return one.size === other.size && [...one].every(([key, value]) => other.get(key) === value)
}
