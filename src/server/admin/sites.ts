import { parseRate } from '../../profile/quantity.ts'
import { slotCount } from '../../profile/slots.ts'
import { listOf, type Profile, type Site } from '../../profile/types.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import type { NodeCount } from '../../store/node-reads.ts'
import type { Handlers } from '../call.ts'
import { type UseAtHub, type UseOfHub, usesAtHubs, usesOfHubs } from '../hubs/site-use.ts'
import { personOf, sees } from './person.ts'

type SiteRow = AnswerOf<'siteList'>['sites'][number]
type HubRow = NonNullable<AnswerOf<'siteList'>['hubs']>[number]

export const siteHandlers = {
  siteList: async (call, { store, profile }) => {
    const person = personOf(call)
    const sites = [...profile().sites.values()].filter(({ site }) => sees(person, site))
    return await store.read(async ({ nodes, hosts }) => {
      const counts = await nodes.counts()
      const hubs = await hosts.list({ role: 'hub' })
      const uses = usesAtHubs(hubs, profile())
      const rows = sites.map((site) => ({ ...rowOf(site, counts), ...limitsOf(site, uses) }))
      // What all sites together have tells of the others.
      const isForAll = person.site === null
      const all = isForAll ? hubRows(profile(), usesOfHubs(hubs, profile())) : []
      return { sites: rows, ...(isForAll && { hubs: all }) }
    })
  },
} satisfies Handlers

/** Jobs have slots of their own, which come and go. */
function rowOf(site: Site, counts: readonly NodeCount[]): SiteRow {
  const own = counts.filter((one) => one.site === site.site && one.role === 'node')
  const sum = (some: readonly NodeCount[]) => some.reduce((all, { count }) => all + count, 0)
  const inState = (state: NodeCount['state']) => sum(own.filter((one) => one.state === state))
  return {
    site: site.site,
    nodes: [...listOf(site.nodes)],
    slots: slotCount(site, 'node'),
    taken: sum(own) - inState('pending'),
    ready: inState('ready'),
    pending: inState('pending'),
  }
}

function limitsOf({ site: name, limits }: Site, uses: readonly UseAtHub[]) {
  return {
    limits: ratesOf(limits),
    hubs: uses.filter(({ site }) => site === name).map(({ site: _, ...use }) => use),
  }
}

function hubRows({ centre }: Profile, uses: readonly UseOfHub[]): HubRow[] {
  return Object.entries(centre.hubs).flatMap(([hub, says]) => {
    const limits = ratesOf(says.limits)
    if (Object.keys(limits).length === 0) return []
    return [{ ...uses.find((use) => use.hub === hub), hub, limits }]
  })
}

function ratesOf({ rx: towards = '', tx: from = '' }: Site['limits']) {
  const [rx, tx] = [parseRate(towards), parseRate(from)]
  return { ...(rx !== undefined && { rx }), ...(tx !== undefined && { tx }) }
}
