import { renderTable } from '../../profile/table.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import { cleanLine } from '../../protocol/hostile.ts'

export type ListedSite = AnswerOf<'siteList'>['sites'][number]
type AtHub = NonNullable<ListedSite['hubs']>[number]
type Use = NonNullable<AtHub['rx']>

const directions = { rx: 'to it', tx: 'from it' } as const
const head = ['SITE', 'HUB', 'TRAFFIC', 'LIMIT', 'PEAK', 'AVERAGE', 'DROPPED', 'NOTE']

/** A line for each direction that is limited, at each hub; for one that no hub has spoken of, the limit alone. */
export function renderSiteLimits(sites: readonly ListedSite[]): string {
  const rows = sites.flatMap((site) =>
    (['rx', 'tx'] as const).flatMap((direction) => {
      const hubs = (site.hubs ?? []).filter((one) => one[direction] !== undefined)
      const limit = site.limits?.[direction]
      if (hubs.length > 0) return hubs.map((one) => row(site.site, one, direction))
      if (limit === undefined) return []
      return [[site.site, '-', directions[direction], renderRate(limit), '-', '-', '-', '']]
    }),
  )
  return renderTable(head, rows)
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
