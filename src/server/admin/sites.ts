import { parseRate } from '../../profile/quantity.ts'
import { slotCount } from '../../profile/slots.ts'
import { listOf, type Site } from '../../profile/types.ts'
import type { AnswerOf } from '../../protocol/endpoints.ts'
import type { NodeCount } from '../../store/node-reads.ts'
import type { Handlers } from '../call.ts'
import { type UseAtHub, usesAtHubs } from '../hubs/site-use.ts'
import { personOf, sees } from './person.ts'

type SiteRow = AnswerOf<'siteList'>['sites'][number]

export const siteHandlers = {
  siteList: async (call, { store, profile }) => {
    const person = personOf(call)
    const sites = [...profile().sites.values()].filter(({ site }) => sees(person, site))
    return await store.read(async ({ nodes, hosts }) => {
      const counts = await nodes.counts()
      const uses = usesAtHubs(await hosts.list({ role: 'hub' }), profile())
      return { sites: sites.map((site) => ({ ...rowOf(site, counts), ...limitsOf(site, uses) })) }
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
  const [rx, tx] = [parseRate(limits.rx ?? ''), parseRate(limits.tx ?? '')]
  return {
    limits: { ...(rx !== undefined && { rx }), ...(tx !== undefined && { tx }) },
    hubs: uses.filter(({ site }) => site === name).map(({ site: _, ...use }) => use),
  }
}
