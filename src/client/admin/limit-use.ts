import { renderTable } from '../../profile/table.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import { cleanLine } from '../../protocol/hostile.ts'

export type ListedSite = AnswerOf<'siteList'>['sites'][number]
export type ListedHub = NonNullable<AnswerOf<'siteList'>['hubs']>[number]
type AtHub = Omit<NonNullable<ListedSite['hubs']>[number], 'site'>
type Use = NonNullable<AtHub['rx']>

const directions = { rx: 'to it', tx: 'from it' } as const
const head = ['SITE', 'HUB', 'TRAFFIC', 'LIMIT', 'PEAK', 'AVERAGE', 'DROPPED', 'NOTE']

/** A line for each direction that is limited, at each hub; for one that no hub has spoken of, the limit alone. */
export function renderLimits(sites: readonly ListedSite[], hubs: readonly ListedHub[]): string {
  const rows = sites.flatMap((site) =>
    eachWay.flatMap((direction) => {
      const told = (site.hubs ?? []).filter((one) => one[direction] !== undefined)
      const limit = site.limits?.[direction]
      if (told.length > 0) return told.map((one) => row(site.site, one, direction))
      return limit === undefined ? [] : [untold([site.site, '-'], direction, limit)]
    }),
  )
  return renderTable(head, [...rows, ...hubs.flatMap(hubRows)])
}

const eachWay = ['rx', 'tx'] as const
/** No site has this name. */
const allSites = '(all)'

function hubRows(one: ListedHub): string[][] {
  return eachWay.flatMap((direction) => {
    const limit = one.limits[direction]
    if (limit === undefined) return []
    const isTold = one[direction] !== undefined
    return [isTold ? row(allSites, one, direction) : untold([allSites, one.hub], direction, limit)]
  })
}

function untold(where: [site: string, hub: string], way: 'rx' | 'tx', limit: number): string[] {
  return [...where, directions[way], renderRate(limit), '-', '-', '-', '']
}

function row(site: string, at: AtHub, direction: 'rx' | 'tx'): string[] {
  const use = at[direction]
  const figures = use === undefined ? [] : cells(use)
  const note = at.held === undefined ? '' : `held back: ${cleanLine(at.held)}`
  return [site, at.hub, directions[direction], ...figures, note]
}

function cells({ limit, peak, average, dropped }: Use): string[] {
  return [renderRate(limit), renderRate(peak), renderRate(average), `${dropped}`]
}

/** For one node: "500 Mbit/s, peak 20 Mbit/s, average 1.5 Mbit/s, 3 packets dropped". */
export function renderUse({ limit, peak, average, dropped }: Use): string {
  const rates = `${renderRate(limit)}, peak ${renderRate(peak)}, average ${renderRate(average)}`
  return `${rates}, ${dropped} packets dropped`
}

const units = [
  [1e9, 'Gbit/s'],
  [1e6, 'Mbit/s'],
  [1e3, 'kbit/s'],
] as const

export function renderRate(bits: number): string {
  const [size, unit] = units.find(([least]) => bits >= least) ?? [1, 'bit/s']
  return `${Number((bits / size).toPrecision(4))} ${unit}`
}
